// Judges the document: the signature over the whole file, the credential inside, the status list.

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

// What became of it by all lists together. What fell never stands again, so one list that says so is enough; else the
// newest counts, and one that is older than the certificate says nothing.
async function fallen(claims, lists, withdrawn) {
  const found = [];
  for (const list of lists) {
    const one = await said(claims, list, withdrawn);
    if (one) found.push(one);
  }
  found.sort((one, other) => other.fell - one.fell || other.at - one.at);
  const [first] = found;
  return first && (first.fell || first.at >= new Date(claims.validFrom)) ? first : null;
}

async function said(claims, list, withdrawn) {
  const LIST = "The status list is damaged, or not signed by this issuer.";
  const entry = claims.credentialStatus;
  let spoken;
  let chain;
  try {
    ({ claims: spoken, chain } = await token(new TextEncoder().encode(list)));
  } catch (_error) {
    throw new Unsure(LIST);
  }
  const day = dayOf(chain, withdrawn);
  need(!day, `The status list is signed with a key that was withdrawn on ${day}.`, Unsure);
  if (spoken.id !== entry.statusListCredential) return null;
  const at = new Date(spoken.validFrom);
  const { encodedList, statusPurpose } = spoken.credentialSubject || {};
  need(statusPurpose === "revocation" && typeof encodedList === "string" && !Number.isNaN(at.getTime()), LIST, Unsure);
  const bits = await unpacked(fromBase64Url(encodedList.slice(1)), "gzip", 1 << 24);
  const place = Number(entry.statusListIndex);
  return place < bits.length * 8 ? { at, fell: Boolean(bits[place >> 3] & (128 >> place % 8)) } : null;
}

function inWords(at) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return `${day}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())} UTC`;
}
