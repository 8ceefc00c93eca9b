// Certificates, the way from a signer up to a root, and keys that were withdrawn.

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
const listers = () => [...data.roots, ...data.above].map((one) => certificate(fromBase64(one)));

async function issued(lower, upper) {
  if (!upper.signs || !same(lower.issuer, upper.subject)) return false;
  return certified(upper, lower.signedWith, lower.value, lower.tbs);
}

const LONGEST = 3;

const is = (one) => (other) => same(one.der, other.der);

// The leaf and those of the others that stand above it; the last may be a root, and then it has signed itself.
async function upwards(leaf, others) {
  const way = [leaf];
  for (let upper = leaf; upper && way.length <= LONGEST; ) {
    const last = way[way.length - 1];
    upper = null;
    for (const one of others) {
      if (!upper && !way.some(is(one)) && (await issued(last, one))) upper = one;
    }
    if (upper) way.push(upper);
  }
  const top = way[way.length - 1];
  const plain = way.length === 1 || !same(top.issuer, top.subject) || (await issued(top, top));
  return plain ? way : way.slice(0, -1);
}

// Whether the leaf leads to a root, or is a signer that is known itself, and nothing came along that does not belong to
// that way. `at`: when the signature says it was made; the leaf must not have run out before.
async function vouched(leaf, others, at = null) {
  const known = roots();
  const inTime = at === null || at <= leaf.ends;
  if (known.some(is(leaf))) {
    const above = await upwards(leaf, others);
    return inTime && others.every((one) => above.some(is(one)));
  }
  const way = [leaf];
  while (way.length <= LONGEST) {
    const last = way[way.length - 1];
    for (const root of known) {
      if (!(await issued(last, root))) continue;
      return inTime && others.every((one) => [...way, root].some(is(one)));
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
      for (const root of listers()) {
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
    const meant = (entry) => same(entry.issuer, one.issuer) && same(entry.serial, one.serial.content);
    const [first] = withdrawn.filter(meant).map((entry) => entry.since).sort((a, b) => a - b);
    if (first) return `${first.getUTCDate()} ${MONTHS[first.getUTCMonth()]} ${first.getUTCFullYear()}`;
  }
  return "";
}
