import { constants, createPrivateKey, type KeyObject, sign, verify, X509Certificate } from "node:crypto";
import { ArgumentError, shown } from "@drum/tensor";
import { readWholeFile } from "@drum/tensor/node";

/** Signs bytes with the certificate's key, as the algorithm has it: an elliptic curve's two numbers one after the other, no DER. */
export type SignBytes = (
	bytes: Uint8Array,
	options: { algorithm: Algorithm; signal: AbortSignal | undefined },
) => Uint8Array | Promise<Uint8Array>;

/** C2PA's names. */
export type Algorithm = "es256" | "es384" | "es512" | "ps256" | "ed25519";

/** Certificates of a PEM file, the signer's first, and what its key signs with. */
export interface Chain {
	/** PEM, each certificate by itself. */
	readonly certificates: readonly string[];
	readonly signer: X509Certificate;
	readonly algorithm: Algorithm;
}

/** Bytes of a file of certificates or of a key. */
const MOST = 1_000_000;
const CURVES: Readonly<Record<string, Algorithm>> = { prime256v1: "es256", secp384r1: "es384", secp521r1: "es512" };
const HASHES: Readonly<Record<Algorithm, string | undefined>> = {
	...{ es256: "sha256", es384: "sha384", es512: "sha512", ps256: "sha256" },
	ed25519: undefined,
};

/** The text of a PEM file: its path, or its bytes. @throws FileError where it cannot be read */
export async function pemText(place: string | Uint8Array, what: string): Promise<string> {
	if (place instanceof Uint8Array) return new TextDecoder().decode(place);
	if (typeof place !== "string" || place === "") {
		throw new ArgumentError({ what, expected: "a PEM file's path, or its bytes", found: shown(place) });
	}
	return (await readWholeFile(place, { what: place, most: MOST })).toString("utf8");
}

/** @throws ArgumentError for what is no certificate, is not good today, or has a key that C2PA does not take */
export function chainOf(pem: string): Chain {
	const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
	const signer = certificateOf(certificates[0]);
	const [from, to] = [new Date(signer.validFrom), new Date(signer.validTo)];
	const now = new Date();
	if (now < from || now > to) {
		const found = `one that is good from ${from.toISOString()} to ${to.toISOString()}`;
		throw new ArgumentError({ what: "certificate", expected: "one that is good today", found });
	}
	return { certificates: certificates.map((each) => `${each}\n`), signer, algorithm: algorithmOf(signer.publicKey) };
}

function certificateOf(pem: string | undefined): X509Certificate {
	const expected = "certificates in PEM, the signer's first";
	if (pem === undefined) throw new ArgumentError({ what: "certificate", expected, found: "none" });
	try {
		return new X509Certificate(pem);
	} catch (cause) {
		throw new ArgumentError({ what: "certificate", expected, found: "a damaged one", cause });
	}
}

function algorithmOf({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): Algorithm {
	const algorithm = type === "ec" ? CURVES[details?.namedCurve ?? ""] : undefined;
	if (algorithm) return algorithm;
	if (type === "ed25519") return "ed25519";
	if ((type === "rsa" || type === "rsa-pss") && (details?.modulusLength ?? 0) >= 2048) return "ps256";
	throw new ArgumentError({
		what: "certificate",
		expected: "a key on P-256, P-384, P-521 or Ed25519, or RSA of 2,048 bits or more",
		found: [type, details?.namedCurve ?? details?.modulusLength].filter(Boolean).join(" "),
	});
}

/** Signs with a key of this process. @throws ArgumentError for what is no key, or another certificate's */
export function signerOf(pem: string, { signer, algorithm }: Chain): SignBytes {
	let key: KeyObject;
	try {
		key = createPrivateKey(pem);
	} catch (cause) {
		const expected = "a private key in PEM, without a passphrase";
		throw new ArgumentError({ what: "key", expected, found: "another text", cause });
	}
	if (!signer.checkPrivateKey(key)) {
		throw new ArgumentError({ what: "key", expected: "the key of the certificate", found: "another's" });
	}
	return (bytes) => sign(HASHES[algorithm], bytes, { key, ...FORM, ...paddingOf(algorithm) });
}

/** Whether bytes are a signature of these by the certificate's key. */
export function isSignature(signature: Uint8Array, bytes: Uint8Array, { signer, algorithm }: Chain): boolean {
	return verify(HASHES[algorithm], bytes, { key: signer.publicKey, ...FORM, ...paddingOf(algorithm) }, signature);
}

/** An elliptic curve's two numbers, one after the other. */
const FORM = { dsaEncoding: "ieee-p1363" } as const;

/** Of RSA: PSS, with a salt as long as the hash. */
function paddingOf(algorithm: Algorithm) {
	return algorithm === "ps256" ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
}
