import type { MarkDetails, PictureMark } from "@drum/diffusion";
import { ArgumentError, checkNames, DrumError, namesOf, shown } from "@drum/tensor";
import manifest from "../package.json" with { type: "json" };
import { type C2pa, c2paLibrary } from "./c2pa-library.ts";
import { type Chain, chainOf, isSignature, pemText, type SignBytes, signerOf } from "./credentials.ts";
import { PARAMETERS_LABEL } from "./labels.ts";

export interface C2paOptions {
	/** Certificates in PEM, the signer's first and then those above it: a file's path, or its bytes. */
	certificate: string | Uint8Array;
	/** The certificate's private key in PEM, without a passphrase: a file's path, or its bytes. */
	key?: string | Uint8Array | undefined;
	/** Signs in place of a `key` in this process: a hardware module, a service of keys. */
	sign?: SignBytes | undefined;
	/** Whether the manifest also claims the parameters that the file tells. Default false. */
	parameters?: boolean | undefined;
	/** Who drew the picture, in the manifest. Default DrUM with its version. */
	agent?: { readonly name: string; readonly version?: string | undefined } | undefined;
}

const OPTIONS = namesOf<C2paOptions>({ certificate: true, key: true, sign: true, parameters: true, agent: true });
const VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/** Bytes of a signature beside its certificates: more than any of the algorithms takes. */
const SIGNATURE = 2048;

/**
 * A mark that signs each file with a C2PA manifest: that it was created, by whom, and with which digital source type. Later changes to
 * the file, metadata too, make it invalid.
 * @throws ArgumentError for options that it does not take, certificates that are damaged or not good today, or another certificate's key;
 * FileError for a file that cannot be read; DeviceError where C2PA's library is not installed for this machine.
 */
export async function openC2paMark(options: C2paOptions): Promise<PictureMark> {
	checkNames("openC2paMark", options, OPTIONS);
	const { key, sign, parameters = false } = options;
	if ((key === undefined) === (sign === undefined) || (sign !== undefined && typeof sign !== "function")) {
		const found = key === undefined ? shown(sign) : "both";
		throw new ArgumentError({ what: "key", expected: "a key, or a function sign", found });
	}
	const agent = checkAgent(options.agent);
	const chain = chainOf(await pemText(options.certificate, "certificate"));
	const signBytes = sign ?? signerOf(await pemText(key!, "key"), chain);
	const library = await c2paLibrary();
	return {
		name: "C2PA",
		file: (bytes, details) => signFile(library, { chain, signBytes, parameters, agent }, bytes, details),
	};
}

interface Signing {
	readonly chain: Chain;
	readonly signBytes: SignBytes;
	readonly parameters: boolean;
	readonly agent: NonNullable<C2paOptions["agent"]>;
}

async function signFile(
	{ Builder, CallbackSigner }: C2pa,
	{ chain, signBytes, parameters, agent }: Signing,
	bytes: Uint8Array,
	details: MarkDetails,
): Promise<Uint8Array> {
	const { sourceType, mediaType, signal } = details;
	if (!sourceType) {
		const next = 'Leave out sourceType: "none"';
		throw new ArgumentError({ what: "sourceType", expected: "one, which C2PA's manifest tells", found: "none", next });
	}
	const { certificates, algorithm } = chain;
	const created = { action: "c2pa.created", digitalSourceType: VOCABULARY + sourceType, softwareAgent: agent };
	const assertions: object[] = [{ label: "c2pa.actions.v2", data: { actions: [created] } }];
	if (parameters && details.parameters) assertions.push({ label: PARAMETERS_LABEL, data: details.parameters });
	const claim = { claim_version: 2, claim_generator_info: [agent], format: mediaType, assertions };
	let failure: { readonly cause: unknown } | undefined;
	const config = {
		alg: algorithm,
		certs: certificates.map((each) => Buffer.from(each)),
		reserveSize: certificates.join("").length + SIGNATURE,
		directCoseHandling: false,
	};
	const signer = CallbackSigner.newSigner(config, async (data) => {
		try {
			const signature: unknown = await signBytes(data, { algorithm, signal });
			if (signature instanceof Uint8Array && isSignature(signature, data, chain)) return Buffer.from(signature);
			throw new ArgumentError({
				what: "what sign gives",
				expected: `a signature by ${algorithm} with the certificate's key`,
				found: signature instanceof Uint8Array ? `${signature.length} other bytes` : shown(signature),
			});
		} catch (cause) {
			failure = { cause };
			throw cause;
		}
	});
	const output: { buffer: Buffer | null } = { buffer: null };
	try {
		// A small picture of the picture would be a third of most files.
		const builder = Builder.withJson(claim as never, { builder: { thumbnail: { enabled: false } } });
		await builder.signAsync(signer, { buffer: Buffer.from(bytes), mimeType: mediaType }, output);
	} catch (cause) {
		signal?.throwIfAborted();
		if (failure) throw failure.cause;
		throw refused(cause);
	}
	return new Uint8Array(output.buffer!);
}

function refused(cause: unknown): DrumError {
	if (DrumError.is(cause)) return cause;
	const found = (cause as Error).message.split("\n")[0]!;
	const next =
		"C2PA wants a certificate for signing documents or e-mail, from an authority, not one that signed itself";
	return new ArgumentError({ what: "certificate", expected: "one that C2PA signs with", found, next, cause });
}

function checkAgent(agent: C2paOptions["agent"]): Signing["agent"] {
	if (agent === undefined) return { name: "DrUM", version: manifest.version };
	const { name, version } = (agent ?? {}) as Partial<Signing["agent"]>;
	const known = typeof name === "string" && name !== "" && (version === undefined || typeof version === "string");
	if (!known) throw new ArgumentError({ what: "agent", expected: "{ name, version } of texts", found: shown(agent) });
	return version === undefined ? { name } : { name, version };
}
