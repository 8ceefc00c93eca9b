// Checks a certificate in the browser: signature over the whole file, signer, embedded credential, status list.
// Nothing is sent anywhere: the page's own policy forbids every connection.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const LABELS = [
  ["name", "Name"], ["credentials", "Letters after the name"], ["kind", "Document"], ["title", "Activity"],
  ["amount", "Amount"], ["maximum", "Maximum"], ["completed", "Date completed"], ["provider", "Provider"],
  ["number", "Certificate number"], ["code", "Code"],
];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

class Wrong extends Error {}
class Unproven extends Wrong {}  // nothing is wrong but the key, and only the issuer's records can tell
class Unsure extends Wrong {}  // a list that does not count: nothing is said about the file

function need(holds, sentence, Kind = Wrong) {
  if (!holds) throw new Kind(sentence);
}

// Bytes ---------------------------------------------------------------------------------------------------------------

const same = (a, b) => a.length === b.length && a.every((byte, place) => byte === b[place]);
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

function fromHex(text) {
  return Uint8Array.from({ length: text.length / 2 }, (_, place) => parseInt(text.substr(place * 2, 2), 16));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

function fromBase64Url(text) {
  need(/^[A-Za-z0-9_-]*$/.test(text), "The embedded credential is damaged.");
  return fromBase64(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
}

function latin(bytes) {
  let text = "";
  for (let place = 0; place < bytes.length; place += 32768) {
    text += String.fromCharCode.apply(null, bytes.subarray(place, place + 32768));
  }
  return text;
}

// DER out of PEM, if it is that.
function binary(bytes) {
  const pem = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END/.exec(latin(bytes));
  return pem ? fromBase64(pem[1].replace(/\s/g, "")) : bytes;
}

async function unpacked(bytes, format, most) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    need(size <= most, "Something inside the file is too large.");
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

// DER -----------------------------------------------------------------------------------------------------------------

const DAMAGED = "The signature itself is damaged.";

function node(bytes, start = 0) {
  need(bytes.length >= start + 2, DAMAGED);
  let length = bytes[start + 1];
  let from = start + 2;
  if (length >= 128) {
    const count = length & 127;
    need(count >= 1 && count <= 3 && bytes.length >= from + count && bytes[from] !== 0, DAMAGED);
    length = 0;
    for (let place = 0; place < count; place += 1) length = length * 256 + bytes[from + place];
    need(length >= 128, DAMAGED);
    from += count;
  }
  need(from + length <= bytes.length, DAMAGED);
  return { tag: bytes[start], raw: bytes.subarray(start, from + length), content: bytes.subarray(from, from + length) };
}

function parts(parent, ...tags) {
  const found = [];
  for (let place = 0; place < parent.content.length; ) {
    const one = node(parent.content, place);
    found.push(one);
    place += one.raw.length;
  }
  if (tags.length) need(same(found.map((one) => one.tag), tags), DAMAGED);
  return found;
}

const OID = {
  signedData: "2a864886f70d010702", data: "2a864886f70d010701", sha256: "608648016503040201",
  ecdsa: "2a8648ce3d040302", contentType: "2a864886f70d010903", digest: "2a864886f70d010904",
  signingTime: "2a864886f70d010905",
  signingCertificate: "2a864886f70d010910022f", timeStamp: "2a864886f70d010910020e", constraints: "551d13",
};

function algorithm(parent, expected) {
  const found = parts(parent);
  need(found[0] && found[0].tag === 6 && toHex(found[0].content) === expected, DAMAGED);
  need(found.length === 1 || (found.length === 2 && toHex(found[1].raw) === "0500"), DAMAGED);
}

function certificate(der) {
  const whole = node(der);
  need(whole.raw.length === der.length, DAMAGED);
  const [tbs, signedWith, value] = parts(whole, 0x30, 0x30, 0x03);
  const fields = parts(tbs);
  need(fields.length >= 7 && fields[0].tag === 0xa0, DAMAGED);
  return {
    der, tbs: tbs.raw, signedWith, value: value.content.subarray(1), serial: fields[1], issuer: fields[3].raw,
    subject: fields[5].raw, key: fields[6].raw, ends: moment(parts(fields[4])[1]), signs: mayIssue(fields),
  };
}

function mayIssue(fields) {
  const extensions = fields.find((one) => one.tag === 0xa3);
  for (const one of extensions ? parts(parts(extensions, 0x30)[0]) : []) {
    const found = parts(one);
    if (toHex(found[0].content) !== OID.constraints) continue;
    const [first] = parts(node(found[found.length - 1].content));
    return first !== undefined && toHex(first.raw) === "0101ff";
  }
  return false;
}

function moment(time) {
  const said = /^(\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(latin(time.content));
  need(said && (time.tag === 0x18) === (said[1] !== undefined), DAMAGED);
  const [year, month, day, hour, minute, second] = said.slice(2).map(Number);
  const century = said[1] === undefined ? (year < 50 ? 2000 : 1900) : Number(said[1]) * 100;
  return new Date(Date.UTC(century + year, month - 1, day, hour, minute, second));
}

function rawSignature(der, size = 32) {
  const whole = node(der);
  need(whole.tag === 0x30 && whole.raw.length === der.length, DAMAGED);
  const numbers = parts(whole, 0x02, 0x02).map((one) => {
    const [first, second] = one.content;
    need(first < 128 && (first !== 0 || second >= 128), DAMAGED);
    const digits = first === 0 ? one.content.subarray(1) : one.content;
    need(digits.length <= size, DAMAGED);
    const padded = new Uint8Array(size);
    padded.set(digits, size - digits.length);
    return padded;
  });
  const joined = new Uint8Array(2 * size);
  joined.set(numbers[0], 0);
  joined.set(numbers[1], size);
  return joined;
}

async function fits(spki, raw, signed) {
  const kind = { name: "ECDSA", namedCurve: "P-256" };
  try {
    const key = await crypto.subtle.importKey("spki", spki, kind, false, ["verify"]);
    return await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, signed);
  } catch (_error) {
    return false;
  }
}

// Documents are signed with ECDSA on P-256 and nothing else; the authority above may do it in these ways.
const HASHES = {
  "2a8648ce3d040302": "SHA-256", "2a8648ce3d040303": "SHA-384",
  "2a864886f70d01010b": "SHA-256", "2a864886f70d01010c": "SHA-384", "2a864886f70d01010d": "SHA-512",
};
const CURVES = { "2a8648ce3d030107": ["P-256", 32], "2b81040022": ["P-384", 48] };

// Whether the key of this certificate has signed these bytes; `value` is a bit string.
async function certified(upper, signedWith, value, bytes) {
  const hash = HASHES[toHex(parts(signedWith)[0].content)];
  const [kind, curve] = parts(parts(node(upper.key))[0]);
  const [name, size] = CURVES[toHex(curve.content)] || [];
  const rsa = toHex(kind.content) === "2a864886f70d010101";
  if (!hash || (!rsa && !name)) return false;
  const how = rsa ? { name: "RSASSA-PKCS1-v1_5", hash } : { name: "ECDSA", namedCurve: name, hash };
  try {
    const key = await crypto.subtle.importKey("spki", upper.key, how, false, ["verify"]);
    return await crypto.subtle.verify(how, key, rsa ? value : rawSignature(value, size), bytes);
  } catch (_error) {
    return false;
  }
}

const roots = () => data.roots.map((one) => certificate(fromBase64(one)));

async function issued(lower, upper) {
  if (!upper.signs || !same(lower.issuer, upper.subject)) return false;
  return certified(upper, lower.signedWith, lower.value, lower.tbs);
}

const LONGEST = 3;

// Whether the leaf leads to a root, and nothing came along that does not belong to that way. `at`: when the signature
// says it was made; the leaf must not have run out before.
async function vouched(leaf, others, at = null) {
  const known = roots();
  const is = (one) => (other) => same(one.der, other.der);
  const way = [leaf];
  while (way.length <= LONGEST) {
    const last = way[way.length - 1];
    for (const root of known) {
      if (!(await issued(last, root))) continue;
      return others.every((one) => [...way, root].some(is(one))) && (at === null || at <= leaf.ends);
    }
    let upper = null;
    for (const one of others) {
      if (!upper && !way.some(is(one)) && !known.some(is(one)) && (await issued(last, one))) upper = one;
    }
    if (!upper) return false;
    way.push(upper);
  }
  return false;
}

// Withdrawn keys ------------------------------------------------------------------------------------------------------

// By the root's own lists (CRL, DER): issuer and serial number, and since when. A list that no root has signed counts
// for nothing, and then neither does any verdict.
async function withdrawnBy(lists) {
  const LIST = "The list of withdrawn keys is damaged, or not signed by this issuer's root.";
  const found = [];
  for (const der of lists) {
    try {
      const whole = node(der);
      need(whole.raw.length === der.length, LIST);
      const [tbs, signedWith, value] = parts(whole, 0x30, 0x30, 0x03);
      const fields = parts(tbs).filter((one) => one.tag !== 0x02);
      const [, issuer, , ...rest] = fields;
      let genuine = false;
      for (const root of roots()) {
        const own = same(issuer.raw, root.subject);
        genuine = genuine || (own && (await certified(root, signedWith, value.content.subarray(1), tbs.raw)));
      }
      need(genuine, LIST);
      const entries = rest.find((one) => one.tag === 0x30);
      for (const entry of entries ? parts(entries) : []) {
        const [serial, since] = parts(entry);
        found.push({ issuer: issuer.raw, serial: serial.content, since: moment(since) });
      }
    } catch (_error) {
      throw new Unsure(LIST);
    }
  }
  return found;
}

// The day on which the first withdrawn certificate of a chain was withdrawn, or nothing.
function dayOf(chain, withdrawn) {
  for (const one of chain) {
    const days = withdrawn
      .filter((entry) => same(entry.issuer, one.issuer) && same(entry.serial, one.serial.content))
      .map((entry) => entry.since.toISOString().slice(0, 10));
    if (days.length) return days.sort()[0];
  }
  return "";
}

// The signature over the file -----------------------------------------------------------------------------------------

async function judgeSignature(bytes, text) {
  const ranges = [...text.matchAll(/\/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]/g)];
  need(ranges.length > 0, "The document carries no signature. It was removed, or the page was printed or saved anew.");
  need(ranges.length === 1, "The document carries more than one signature; a certificate has exactly one.");
  const [start, length, after, rest] = ranges[0].slice(1).map(Number);
  need(start === 0 && length < after && after + rest <= bytes.length, "The signature does not cover the whole file.");
  need(after + rest === bytes.length, "Something was added to the file after it was signed.");
  const gap = text.slice(length, after);
  need(/^<(?:[0-9a-f]*|[0-9A-F]*)>$/.test(gap) && gap.length % 2 === 0, "The signature does not cover the whole file.");
  need(/\/TransformMethod\s*\/DocMDP/.test(text) && /\/P\s+1[\s/>]/.test(text),
    "The signature does not forbid later changes, as the issuer's always does.");
  const hole = fromHex(gap.slice(1, -1));
  const whole = node(hole);
  need(hole.subarray(whole.raw.length).every((byte) => byte === 0), DAMAGED);
  const covered = new Uint8Array(length + rest);
  covered.set(bytes.subarray(0, length), 0);
  covered.set(bytes.subarray(after), length);
  return judgeCms(whole, await sha256(covered));
}

async function judgeCms(whole, digest) {
  need(whole.tag === 0x30, DAMAGED);
  const [kind, wrapped] = parts(whole, 0x06, 0xa0);
  const [body] = parts(wrapped, 0x30);
  const [version, algorithms, content, certificates, signers] = parts(body, 0x02, 0x31, 0x30, 0xa0, 0x31);
  const [inner] = parts(content, 0x06);
  need(toHex(kind.content) === OID.signedData && toHex(version.content) === "01", DAMAGED);
  need(toHex(inner.content) === OID.data, DAMAGED);
  const [only] = parts(algorithms, 0x30);
  algorithm(only, OID.sha256);
  const [signer] = parts(signers, 0x30);
  const found = parts(signer);
  need(same(found.slice(0, 6).map((one) => one.tag), [0x02, 0x30, 0x30, 0xa0, 0x30, 0x04]), DAMAGED);
  need(found.length === 6 || (found.length === 7 && found[6].tag === 0xa1), DAMAGED);
  need(toHex(found[0].content) === "01", DAMAGED);
  for (const one of found[6] ? parts(found[6]) : []) {
    const [name, values] = parts(one, 0x06, 0x31);
    need(toHex(name.content) === OID.timeStamp, DAMAGED);
    need(toHex(values.raw).includes(toHex(await sha256(found[5].content))), DAMAGED);
  }
  algorithm(found[2], OID.sha256);
  algorithm(found[4], OID.ecdsa);
  const all = parts(certificates).map((one) => certificate(one.raw));
  const [issuer, serial] = parts(found[1], 0x30, 0x02);
  const leaf = all.find((one) => same(one.issuer, issuer.raw) && same(one.serial.content, serial.content));
  need(leaf, DAMAGED);
  const said = {};
  for (const one of parts(found[3])) {
    const [name, values] = parts(one, 0x06, 0x31);
    [said[toHex(name.content)]] = parts(values);
  }
  need(said[OID.contentType] && said[OID.digest] && said[OID.signingCertificate], DAMAGED);
  need(toHex(said[OID.contentType].content) === OID.data, DAMAGED);
  need(same(said[OID.digest].content, digest), "The file was changed after it was signed.");
  need(toHex(said[OID.signingCertificate].raw).includes(toHex(await sha256(leaf.der))), DAMAGED);
  const signed = found[3].raw.slice();
  signed[0] = 0x31;
  need(await fits(leaf.key, rawSignature(found[5].content), signed), "The signature does not fit the key it names.");
  const others = all.filter((one) => one !== leaf);
  const at = said[OID.signingTime] ? moment(said[OID.signingTime]) : null;
  need(await vouched(leaf, others, at), "The document was signed by somebody else than the issuer of the certificate.");
  return [leaf, ...others];
}

// The credential inside -----------------------------------------------------------------------------------------------

async function embedded(bytes, text) {
  const found = [];
  for (const match of text.matchAll(/\/Type\s*\/EmbeddedFile/g)) {
    const start = text.lastIndexOf(" obj", match.index);
    const stream = /stream\r?\n/g;
    stream.lastIndex = match.index;
    const begins = stream.exec(text);
    if (start < 0 || !begins) continue;
    const head = text.slice(start, begins.index);
    const size = /\/Length\s+(\d+)/.exec(head);
    const from = begins.index + begins[0].length;
    const end = size ? from + Number(size[1]) : text.indexOf("endstream", from);
    const body = bytes.subarray(from, end);
    found.push(/\/FlateDecode/.test(head) ? await unpacked(body, "deflate", 1 << 20) : body);
  }
  need(found.length === 1, "The machine-readable credential inside the document is missing.");
  return found[0];
}

async function token(body, DOUBT = "The machine-readable credential inside the document was not signed by the issuer.") {
  let text = new TextDecoder().decode(body).trim();
  if (text.startsWith("{")) text = String(JSON.parse(text).id).replace(/^data:application\/vc\+jwt,/, "");
  const pieces = text.split(".");
  need(pieces.length === 3, DOUBT);
  const [header, claims] = pieces.slice(0, 2).map((one) => JSON.parse(new TextDecoder().decode(fromBase64Url(one))));
  need(header.alg === "ES256" && Array.isArray(header.x5c), DOUBT);
  need(header.x5c.length >= 1 && header.x5c.length <= 4, DOUBT);
  const [leaf, ...others] = header.x5c.map((one) => certificate(fromBase64(one)));
  const signed = new TextEncoder().encode(`${pieces[0]}.${pieces[1]}`);
  need(await fits(leaf.key, fromBase64Url(pieces[2]), signed), DOUBT);
  need(await vouched(leaf, others, new Date(claims.validFrom)), DOUBT);
  return { claims, chain: [leaf, ...others] };
}

function facts(claims) {
  const subject = claims.credentialSubject;
  const names = Object.fromEntries(subject.identifier.map((one) => [one.identityType, one.identityHash]));
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)T/.exec(subject.activityEndDate);
  return {
    name: names.name,
    credentials: names["ext:honorificSuffix"] || "",
    kind: claims.name.split(":")[0],
    title: subject.achievement.name,
    amount: subject.creditsEarned.toFixed(2),
    maximum: subject.achievement.creditsAvailable.toFixed(2),
    completed: `${Number(day)} ${MONTHS[Number(month) - 1]} ${Number(year)}`,
    provider: claims.issuer.name,
    number: subject.licenseNumber,
    code: claims.id.split("/").pop(),
    about: claims.description,
  };
}

async function fallen(claims, lists, withdrawn) {
  const LIST = "The status list is damaged, or not signed by this issuer.";
  const entry = claims.credentialStatus;
  for (const list of lists) {
    let said;
    let chain;
    try {
      ({ claims: said, chain } = await token(new TextEncoder().encode(list)));
    } catch (_error) {
      throw new Unsure(LIST);
    }
    const day = dayOf(chain, withdrawn);
    need(!day, `The status list is signed with a key that was withdrawn on ${day}.`, Unsure);
    if (said.id !== entry.statusListCredential) continue;
    const packed = fromBase64Url(said.credentialSubject.encodedList.slice(1));
    const bits = await unpacked(packed, "gzip", 1 << 24);
    const place = Number(entry.statusListIndex);
    return { at: said.validFrom, fell: Boolean(bits[place >> 3] & (128 >> place % 8)) };
  }
  return null;
}

// The page ------------------------------------------------------------------------------------------------------------

async function judge(bytes, lists, crls) {
  const withdrawn = await withdrawnBy(crls);
  const text = latin(bytes);
  need(text.slice(0, 1024).includes("%PDF-"), "The file is not a PDF document.");
  const signers = await judgeSignature(bytes, text);
  const { claims, chain } = await token(await embedded(bytes, text));
  const found = facts(claims);
  const day = dayOf(signers, withdrawn) || dayOf(chain, withdrawn);
  need(!day, `It is signed with a key that was withdrawn on ${day}, because somebody else may have it: the file proves ` +
    `nothing by itself. Look its code up on the issuer's page: ${found.code}.`, Unproven);
  return { facts: found, status: await fallen(claims, lists, withdrawn), lists: crls.length > 0 };
}

function show(kind, heading, lines) {
  const place = document.getElementById("verdict");
  place.replaceChildren();
  place.className = kind;
  const title = document.createElement("h2");
  title.textContent = heading;
  place.append(title);
  for (const line of lines) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    place.append(paragraph);
  }
  place.hidden = false;
  place.focus();
}

function tell(found) {
  const list = document.getElementById("facts");
  list.replaceChildren();
  for (const [key, label] of LABELS) {
    if (!found || !found[key]) continue;
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    term.textContent = label;
    value.textContent = found[key];
    list.append(term, value);
  }
  document.getElementById("about").textContent = found ? found.about : "";
  document.getElementById("said").hidden = !found;
}

const HEADINGS = [[Unproven, "Not proven"], [Unsure, "Could not be checked"], [Error, "Not as it was issued"]];

async function check(file, newer, newerKeys) {
  tell(null);
  const crls = data.withdrawn.map(fromBase64);
  if (newerKeys) crls.push(binary(new Uint8Array(await newerKeys.arrayBuffer())));
  const lists = newer ? [await newer.text(), ...data.lists] : data.lists;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = `SHA-256 of the file: ${toHex(await sha256(bytes))}`;
  try {
    const { facts: found, status, lists: asked } = await judge(bytes, lists, crls);
    tell(found);
    const compare = "Compare the facts below with what the document shows: they must be the same." +
      (asked ? "" : " Whether its key was withdrawn is not known: there is no list of withdrawn keys here.");
    if (status && status.fell) {
      show("bad", "Revoked or replaced", [
        "The document is as it was issued, but it does not stand any more: it was revoked, or a corrected one has replaced it.",
        `By the status list of ${status.at}.`, digest]);
    } else if (status) {
      show("good", "As it was issued", [compare, `It stood when the status list was made: ${status.at}.`, digest]);
    } else {
      show("good", "As it was issued", [
        compare, "Whether it was revoked since is not known: this bundle is older than the certificate.", digest]);
    }
  } catch (error) {
    const sentence = error instanceof Wrong ? error.message : "The file is damaged or was changed.";
    const [, heading] = HEADINGS.find(([kind]) => error instanceof kind);
    show("bad", heading, [sentence, "Do not rely on this file.", digest]);
  }
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = document.getElementById("file").files;
  const [newer] = document.getElementById("list").files;
  const [newerKeys] = document.getElementById("withdrawn").files;
  if (file) check(file, newer, newerKeys);
});
