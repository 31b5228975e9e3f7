// The track of the time machine: a day of the record, by pointer or arrow keys. What it leads to is a link that the
// server made; without this script the buttons and forms beside it do the same.

const DAY = 86_400_000;

for (const track of document.querySelectorAll(".track")) {
  const range = track.querySelector("input"), said = track.querySelector("span"), about = track.dataset;
  const first = Date.parse(about.first), days = Math.round((Date.parse(about.last) - first) / DAY);
  const day = (n) => new Date(first + n * DAY).toISOString().slice(0, 10);
  const words = (n) => (n < days ? about.said.replaceAll("{day}", day(n)) : about.today);
  const link = (n) => (n < days ? about.link.replace(encodeURIComponent("{day}"), day(n)) : about.now);
  for (const it of track.querySelectorAll("option")) it.value = Math.round((Date.parse(it.value) - first) / DAY);
  const at = Math.round((Date.parse(about.at) - first) / DAY);
  const tell = () => range.setAttribute("aria-valuetext", (said.textContent = words(Number(range.value))));
  Object.assign(range, { min: 0, max: days, value: at >= 0 && at <= days ? at : days });
  tell();
  range.addEventListener("input", tell);
  // A key moves it by a day: who looks for a day goes on, and shows it with Enter or by leaving the pointer.
  let byKey = false;
  range.addEventListener("keydown", (event) => {
    byKey = event.key !== "Enter";
    if (event.key === "Enter") location.assign(link(Number(range.value)));
  });
  range.addEventListener("pointerdown", () => { byKey = false; });
  range.addEventListener("change", () => byKey || location.assign(link(Number(range.value))));
  track.hidden = days < 1; // a record of one day has nowhere to go
}
