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

function need(holds, sentence) {
  if (!holds) throw new Wrong(sentence);
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
  signingCertificate: "2a864886f70d010910022f", timeStamp: "2a864886f70d010910020e",
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
    subject: fields[5].raw, key: fields[6].raw,
  };
}

function rawSignature(der) {
  const whole = node(der);
  need(whole.tag === 0x30 && whole.raw.length === der.length, DAMAGED);
  const numbers = parts(whole, 0x02, 0x02).map((one) => {
    const [first, second] = one.content;
    need(first < 128 && (first !== 0 || second >= 128), DAMAGED);
    const digits = first === 0 ? one.content.subarray(1) : one.content;
    need(digits.length <= 32, DAMAGED);
    const padded = new Uint8Array(32);
    padded.set(digits, 32 - digits.length);
    return padded;
  });
  const joined = new Uint8Array(64);
  joined.set(numbers[0], 0);
  joined.set(numbers[1], 32);
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

async function vouched(leaf, others) {
  for (const root of data.roots.map((one) => certificate(fromBase64(one)))) {
    if (!same(leaf.issuer, root.subject) || !others.every((one) => same(one, root.der))) continue;
    algorithm(leaf.signedWith, OID.ecdsa);
    if (await fits(root.key, rawSignature(leaf.value), leaf.tbs)) return true;
  }
  return false;
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
  await judgeCms(whole, await sha256(covered));
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
  const others = all.filter((one) => one !== leaf).map((one) => one.der);
  need(await vouched(leaf, others), "The document was signed by somebody else than the issuer of the certificate.");
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

async function token(body) {
  const DOUBT = "The machine-readable credential inside the document was not signed by the issuer.";
  let text = new TextDecoder().decode(body).trim();
  if (text.startsWith("{")) text = String(JSON.parse(text).id).replace(/^data:application\/vc\+jwt,/, "");
  const pieces = text.split(".");
  need(pieces.length === 3, DOUBT);
  const [header, claims] = pieces.slice(0, 2).map((one) => JSON.parse(new TextDecoder().decode(fromBase64Url(one))));
  need(header.alg === "ES256" && Array.isArray(header.x5c) && header.x5c.length === 1, DOUBT);
  const leaf = certificate(fromBase64(header.x5c[0]));
  const signed = new TextEncoder().encode(`${pieces[0]}.${pieces[1]}`);
  need(await fits(leaf.key, fromBase64Url(pieces[2]), signed), DOUBT);
  need(await vouched(leaf, []), DOUBT);
  return claims;
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

async function fallen(claims, lists) {
  const entry = claims.credentialStatus;
  for (const list of lists) {
    const said = await token(new TextEncoder().encode(list));
    if (said.id !== entry.statusListCredential) continue;
    const packed = fromBase64Url(said.credentialSubject.encodedList.slice(1));
    const bits = await unpacked(packed, "gzip", 1 << 24);
    const place = Number(entry.statusListIndex);
    return { at: said.validFrom, fell: Boolean(bits[place >> 3] & (128 >> place % 8)) };
  }
  return null;
}

// The page ------------------------------------------------------------------------------------------------------------

async function judge(bytes, lists) {
  const text = latin(bytes);
  need(text.slice(0, 1024).includes("%PDF-"), "The file is not a PDF document.");
  await judgeSignature(bytes, text);
  const claims = await token(await embedded(bytes, text));
  return { facts: facts(claims), status: await fallen(claims, lists) };
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

async function check(file, newer) {
  tell(null);
  const lists = newer ? [await newer.text(), ...data.lists] : data.lists;
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = `SHA-256 of the file: ${toHex(await sha256(bytes))}`;
  try {
    const { facts: found, status } = await judge(bytes, lists);
    tell(found);
    const compare = "Compare the facts below with what the document shows: they must be the same.";
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
    show("bad", "Not as it was issued", [sentence, "Do not rely on this file.", digest]);
  }
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const [file] = document.getElementById("file").files;
  const [newer] = document.getElementById("list").files;
  if (file) check(file, newer);
});
