// @peculiar/x509 needs it to be there before.
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const KINDS = {
	"P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
	"P-384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
	RSA: { name: "RSA-PSS", hash: "SHA-256", publicExponent: Uint8Array.of(1, 0, 1), modulusLength: 2048 },
	Ed25519: { name: "Ed25519" },
} as const;
export type KeyKind = keyof typeof KINDS;

/** What a team signs with: PEM texts. */
export interface Credentials {
	/** The signer's certificate, then its authority's. */
	readonly certificate: string;
	readonly key: string;
	/** The authority's certificate alone, which a reader trusts. */
	readonly authority: string;
}

const DAY = 86_400_000;

/** Made anew, as C2PA's profile of certificates asks. `days` from now it is good for; below 0 it has ended. */
export async function makeCredentials({
	kind = "P-256" as KeyKind,
	days = 30,
	organisation = "Acme",
} = {}): Promise<Credentials> {
	x509.cryptoProvider.set(webcrypto as never);
	const signingAlgorithm = KINDS["P-256"];
	const [own, authority] = await Promise.all([generate(KINDS[kind]), generate(signingAlgorithm)]);
	const notBefore = new Date(Date.now() - 1000 * DAY);
	const root = await x509.X509CertificateGenerator.createSelfSigned({
		...{ name: "CN=Authority,O=Authorities", notBefore, notAfter: new Date(Date.now() + 1000 * DAY) },
		...{ signingAlgorithm, keys: authority },
		extensions: [
			new x509.BasicConstraintsExtension(true, undefined, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
			await x509.SubjectKeyIdentifierExtension.create(authority.publicKey),
		],
	});
	const signer = await x509.X509CertificateGenerator.create({
		...{ subject: `CN=Signer,O=${organisation}`, issuer: root.subject, notBefore },
		...{ notAfter: new Date(Date.now() + days * DAY), signingAlgorithm },
		...{ publicKey: own.publicKey, signingKey: authority.privateKey },
		extensions: [
			new x509.BasicConstraintsExtension(false, undefined, true),
			new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
			// For e-mail: one of those that C2PA takes.
			new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.4"], false),
			await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
			await x509.SubjectKeyIdentifierExtension.create(own.publicKey),
		],
	});
	const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
	return {
		certificate: `${signer.toString("pem")}\n${root.toString("pem")}\n`,
		key: `-----BEGIN PRIVATE KEY-----\n${key.replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END PRIVATE KEY-----\n`,
		authority: `${root.toString("pem")}\n`,
	};
}

async function generate(algorithm: (typeof KINDS)[KeyKind]): Promise<webcrypto.CryptoKeyPair> {
	return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
}
