// The track of the time machine: a day of the record, by pointer or keys. What it leads to is a link that the server
// made; without this script the buttons and forms beside it do the same.

const DAY = 86_400_000;

for (const track of document.querySelectorAll(".track")) {
  const range = track.querySelector("input"), said = track.querySelector(".day"), about = track.dataset;
  const first = Date.parse(about.first), days = Math.round((Date.parse(about.last) - first) / DAY);
  const at = (n) => new Date(first + n * DAY);
  const day = (n) => at(n).toISOString().slice(0, 10);
  const locale = { ko: "ko", en: "en-GB" }[document.documentElement.lang];
  const named = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const words = (n) => (n < days ? about.said.replaceAll("{day}", named.format(at(n))) : about.today);
  const link = (n) => (n < days ? about.link.replace(encodeURIComponent("{day}"), day(n)) : about.now);
  for (const it of track.querySelectorAll("option")) it.value = Math.round((Date.parse(it.value) - first) / DAY);
  const shown = Math.round((Date.parse(about.at) - first) / DAY);
  const tell = () => range.setAttribute("aria-valuetext", (said.textContent = words(Number(range.value))));
  // The same day of another month, or its last.
  const monthOn = (n, by) => {
    const from = at(n), to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + by + 1, 0));
    to.setUTCDate(Math.min(from.getUTCDate(), to.getUTCDate()));
    return Math.round((to - first) / DAY);
  };
  Object.assign(range, { min: 0, max: days, value: shown >= 0 && shown <= days ? shown : days });
  tell();
  range.addEventListener("input", tell);
  // An arrow moves it by a day, Page Up and Page Down by a month, Home and End to its ends: who looks for a day goes on,
  // and shows it with Enter or by leaving the pointer.
  let byKey = false;
  range.addEventListener("keydown", (event) => {
    byKey = event.key !== "Enter";
    const by = { PageUp: 1, PageDown: -1 }[event.key];
    if (by) {
      event.preventDefault();
      range.value = monthOn(Number(range.value), by);
      tell();
    }
    if (event.key === "Enter") location.assign(link(Number(range.value)));
  });
  range.addEventListener("pointerdown", () => { byKey = false; });
  range.addEventListener("change", () => byKey || location.assign(link(Number(range.value))));
  track.hidden = days < 1; // a record of one day has nowhere to go
}
