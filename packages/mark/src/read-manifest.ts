import { mediaTypeOf, readPictureTexts } from "@drum/diffusion";
import { ArgumentError, checkNames, FileError, namesOf, shown } from "@drum/tensor";
import { c2paLibrary } from "./c2pa-library.ts";
import { pemText } from "./credentials.ts";
import { PARAMETERS_LABEL } from "./labels.ts";

export interface ReadManifestOptions {
	/** Certificates of the authorities that are trusted, in PEM: a file's path, or its bytes. Default none. */
	trust?: string | Uint8Array | undefined;
}

/** What a C2PA manifest says, and whether it holds. */
export interface ManifestReport {
	/**
	 * `"trusted"`: it holds, and its signer has a certificate of an authority that is trusted. `"valid"`: it holds, whoever signed it.
	 * `"invalid"`: it, or the picture, was changed, or its signature is wrong.
	 */
	readonly state: "trusted" | "valid" | "invalid";
	/** The organisation in the signer's certificate, which says so of itself where it is not trusted. */
	readonly signer?: string | undefined;
	/** What drew it. */
	readonly agent?: string | undefined;
	/** IPTC's digital source type, of the action that created the picture. */
	readonly sourceType?: string | undefined;
	/** What the manifest claims of how this project drew it. */
	readonly parameters?: unknown;
	/** C2PA's codes of what does not hold. */
	readonly problems: readonly string[];
}

const OPTIONS = namesOf<ReadManifestOptions>({ trust: true });

/**
 * Reads the C2PA manifest of a PNG, JPEG or WebP file by C2PA's own library; undefined where there is none. Nothing is fetched.
 * @throws FileError for what is no whole picture, or has a manifest that cannot be read; ArgumentError for options that it does not take;
 * DeviceError where C2PA's library is not installed for this machine.
 */
export async function readManifest(
	bytes: Uint8Array,
	options: ReadManifestOptions = {},
): Promise<ManifestReport | undefined> {
	checkNames("readManifest", options, OPTIONS);
	const trust = options.trust === undefined ? undefined : await trusted(options.trust);
	const { format, manifest } = await readPictureTexts(bytes);
	if (!manifest) return undefined;
	const { Reader } = await c2paLibrary();
	const settings = {
		verify: { verify_trust: true, remote_manifest_fetch: false, ocsp_fetch: false },
		...(trust !== undefined && { trust: { user_anchors: trust } }),
	};
	const mimeType = mediaTypeOf(format as "png");
	try {
		const reader = await Reader.fromAsset({ buffer: Buffer.from(bytes), mimeType }, settings);
		return reader ? reportOf(reader.json() as unknown as Store) : undefined;
	} catch (cause) {
		const found = (cause as Error).message.split("\n")[0]!;
		throw new FileError({ what: "C2PA manifest", expected: "one that can be read", found, cause });
	}
}

/** @throws ArgumentError for a text without certificates */
async function trusted(trust: string | Uint8Array): Promise<string> {
	const text = await pemText(trust, "trust");
	if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
	throw new ArgumentError({ what: "trust", expected: "certificates in PEM", found: shown(text.slice(0, 40)) });
}

/** What is read here of what the library gives. */
interface Store {
	readonly active_manifest?: string;
	readonly manifests?: Readonly<Record<string, Manifest>>;
	readonly validation_state?: "Trusted" | "Valid" | "Invalid";
	readonly validation_status?: readonly { readonly code: string }[];
}
interface Manifest {
	readonly assertions?: readonly { readonly label: string; readonly data: unknown }[];
	readonly signature_info?: { readonly issuer?: string };
}
interface Action {
	readonly action?: unknown;
	readonly digitalSourceType?: unknown;
	readonly softwareAgent?: unknown;
}

const STATES = { Trusted: "trusted", Valid: "valid", Invalid: "invalid" } as const;

function reportOf({
	active_manifest = "",
	manifests = {},
	validation_state,
	validation_status = [],
}: Store): ManifestReport {
	const { assertions = [], signature_info } = manifests[active_manifest] ?? {};
	const data = (label: string) => assertions.find((each) => each.label.startsWith(label))?.data;
	const { actions } = (data("c2pa.actions") ?? {}) as { actions?: readonly Action[] };
	const created = actions?.find(({ action }) => action === "c2pa.created") ?? {};
	const parameters = data(PARAMETERS_LABEL);
	return {
		state: validation_state ? STATES[validation_state] : "invalid",
		...(signature_info?.issuer !== undefined && { signer: signature_info.issuer }),
		...agentOf(created.softwareAgent),
		...(typeof created.digitalSourceType === "string" && { sourceType: nameOf(created.digitalSourceType) }),
		...(parameters !== undefined && { parameters }),
		problems: validation_status.map(({ code }) => code),
	};
}

function agentOf(agent: unknown): Pick<ManifestReport, "agent"> {
	if (typeof agent === "string") return { agent };
	const { name, version } = (agent ?? {}) as { name?: unknown; version?: unknown };
	if (typeof name !== "string") return {};
	return { agent: typeof version === "string" ? `${name} ${version}` : name };
}

function nameOf(uri: string): string {
	return uri.slice(uri.lastIndexOf("/") + 1);
}
