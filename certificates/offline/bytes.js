// Checks a certificate in the browser: signature over the whole file, signer, embedded credential, status list.
// Nothing is sent anywhere: the page's own policy forbids every connection.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

class Wrong extends Error {}
class Unproven extends Wrong {}  // nothing is wrong but the key, and only the issuer's records can tell
class Other extends Wrong {}  // signed by the issuer and not touched, but no certificate
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
