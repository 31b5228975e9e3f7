// Checks in this browser that an entry is in the sealed record: its digest, the way from its leaf to the root of the
// tree (RFC 6962), and the Ed25519 signatures on the checkpoint (C2SP tlog-proof, signed-note, tlog-cosignature).
// What it cannot check it says is not checked. It asks no server.

const KEPT = "sagwan.trusted-keys";
const ED25519 = 1, COSIGNATURE = 4;
const REDACTED = /,"redacted":\{"digest":"([0-9a-f]{64})"\}\}$/;
const utf8 = new TextEncoder();

/** Why something is not proven: the word by which the page has it in the reader's language, and what it is filled with. */
class NotProven extends Error {
  constructor(word, values = {}) {
    super(word);
    this.word = word;
    this.values = values;
  }
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
const hex = (bytes) => [...bytes].map((it) => it.toString(16).padStart(2, "0")).join("");
const same = (one, other) => one.length === other.length && one.every((it, n) => it === other[n]);

function joined(...parts) {
  const found = new Uint8Array(parts.reduce((length, it) => length + it.length, 0));
  parts.reduce((at, it) => (found.set(it, at), at + it.length), 0);
  return found;
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const leafHash = (entry) => sha256(joined(Uint8Array.of(0), entry));
const nodeHash = (left, right) => sha256(joined(Uint8Array.of(1), left, right));

/** The parts of a tlog-proof: the stored JSON, the index of its leaf, the hashes, the signed checkpoint. */
export function parseProof(text) {
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).split("\n");
  if (end < 0 || lines.shift() !== "c2sp.org/tlog-proof@v1") throw new NotProven("no_proof");
  const extra = lines[0].startsWith("extra ") ? fromBase64(lines.shift().slice(6)) : null;
  const index = lines.shift();
  if (!/^index (0|[1-9]\d{0,15})$/.test(index)) throw new NotProven("no_index");
  return { stored: extra, index: Number(index.slice(6)), hashes: lines.map(fromBase64), note: text.slice(end + 2) };
}

/** The entry's line in the log, in each of the two forms that a record may have. */
async function logEntries(stored) {
  const text = new TextDecoder().decode(stored);
  const redacted = text.match(REDACTED);
  const digest = redacted ? redacted[1] : hex(await sha256(stored));
  const it = JSON.parse(text);
  return [`${digest}\n`, `${it.stream}\n${it.version}\n${it.fact.type}\n${digest}\n`].map((line) => utf8.encode(line));
}

/** The root that a proof leads to from a leaf (RFC 9162 2.1.3.2). Numbers here may be beyond 32 bits. */
export async function rootOf(leaf, index, size, hashes) {
  if (!(index >= 0 && index < size)) throw new NotProven("no_leaf");
  let at = index, last = size - 1, hash = leaf;
  const half = (number) => Math.floor(number / 2);
  for (const sibling of hashes) {
    if (last === 0) throw new NotProven("too_long");
    if (at % 2 || at === last) {
      hash = await nodeHash(sibling, hash);
      while (at && at % 2 === 0) [at, last] = [half(at), half(last)];
    } else hash = await nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0) throw new NotProven("too_short");
  return hash;
}

/** A checkpoint's text, size and root, and the lines that are signatures. */
export function parseNote(note) {
  const end = note.indexOf("\n\n— ");
  if (end < 0) throw new NotProven("no_signature");
  const text = note.slice(0, end + 1);
  const [origin, size, root] = text.split("\n");
  const lines = note.slice(end + 2).trimEnd().split("\n").map((line) => {
    const [, name, blob] = line.match(/^— (\S+) (\S+)$/) ?? [];
    if (!name) throw new NotProven("bad_line");
    const bytes = fromBase64(blob);
    return { name, id: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
  });
  return { origin, size: Number(size), root: fromBase64(root), text, lines };
}

/** A verifier key, `name+id+base64`; its id is of its name and of itself. */
export async function parseKey(text) {
  const [name, id, material] = [text.split("+")[0], text.split("+")[1], text.split("+").slice(2).join("+")];
  let bytes = [];
  try {
    bytes = fromBase64(material);
  } catch {
    throw new NotProven("bad_key");
  }
  if (bytes.length !== 33) throw new NotProven("bad_key");
  if (hex(await sha256(joined(utf8.encode(`${name}\n`), bytes))).slice(0, 8) !== id) throw new NotProven("other_id", { name });
  return { name, id, algorithm: bytes[0], public: bytes.slice(1) };
}

async function signed(key, line, text) {
  const made = await crypto.subtle.importKey("raw", key.public, { name: "Ed25519" }, false, ["verify"]);
  let message = text, signature = line.signature;
  if (key.algorithm === COSIGNATURE) {
    const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    [message, signature] = [`cosignature/v1\ntime ${time}\n${text}`, signature.slice(8)];
  } else if (key.algorithm !== ED25519) throw new NotProven("other_key");
  return crypto.subtle.verify("Ed25519", made, signature, utf8.encode(message));
}

/** Who of the trusted keys signed the checkpoint that proves the entry, who of them did not, and whose signatures on it
 * were not checked, since there is no key for them. Raises NotProven where anything does not fit. */
export async function check(text, trusted) {
  const proof = parseProof(text), note = parseNote(proof.note);
  const entries = await logEntries(proof.stored);
  const roots = await Promise.all(
    entries.map(async (it) => rootOf(await leafHash(it), proof.index, note.size, proof.hashes)));
  if (!roots.some((root) => same(root, note.root))) throw new NotProven("other_root");
  const redacted = REDACTED.test(new TextDecoder().decode(proof.stored)), by = new Set(), unchecked = [];
  for (const line of note.lines) {
    const key = trusted.find((it) => it.name === line.name && it.id === line.id);
    if (!key) unchecked.push(line.name);
    else if (await signed(key, line, note.text)) by.add(key);
    else throw new NotProven("not_signed", { name: key.name });
  }
  const named = (keys, algorithm) => keys.filter((it) => it.algorithm === algorithm).map((it) => it.name);
  return { redacted, number: proof.index + 1, size: note.size, steps: proof.hashes.length, origin: note.origin,
           signers: named([...by], ED25519), witnesses: named([...by], COSIGNATURE), unchecked,
           absent: trusted.filter((it) => !by.has(it)).map((it) => it.name) };
}

async function able() {
  if (!globalThis.crypto?.subtle) return false;
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), { name: "Ed25519" }, false, ["verify"]);
    return true;
  } catch (error) {
    return error.name !== "NotSupportedError";
  }
}

function filled(words, values) {
  const told = (value) => typeof value === "number" ? value.toLocaleString("en") : String(value);
  return words.replace(/\{(\w+)\}/g, (_, name) => told(values[name]));
}

async function show(form) {
  const said = form.querySelector("output"), keys = form.querySelector("textarea");
  const tell = (word, values = {}, more = []) => {
    said.textContent = [filled(said.dataset[word], values), ...more].filter(Boolean).join(" ");
    said.className = word;
  };
  const why = (error) => {
    const words = JSON.parse(said.dataset.why);
    return { why: filled(words[error instanceof NotProven ? error.word : "unreadable"], error.values ?? {}) };
  };
  if (!(await able())) return tell("unable");
  let trusted;
  try {
    trusted = await Promise.all([...new Set(keys.value.split(/\s+/))].filter(Boolean).map(parseKey));
  } catch (error) {
    return tell("wrong", why(error));
  }
  try {
    const found = await check(document.getElementById(form.dataset.proof).textContent, trusted);
    const word = !found.signers.length ? "unsigned" : found.redacted ? "redacted" : "proven";
    const words = JSON.parse(said.dataset.signed);
    const of = (name) => filled(words[found[name].length ? name : `no_${name}`] ?? "", { names: found[name].join(", ") });
    tell(word, { ...found, signers: found.signers.join(", ") }, [of("witnesses"), of("absent"), of("unchecked")]);
  } catch (error) {
    tell("wrong", why(error));
  }
}

for (const form of document.querySelectorAll("form[data-proof]")) {
  const keys = form.querySelector("textarea");
  keys.value = localStorage.getItem(KEPT) ?? keys.value;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (keys.value.trim() === keys.defaultValue.trim()) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, keys.value);
    show(form);
  });
  show(form);
}
