import { DeviceError } from "@drum/tensor";

export type C2pa = typeof import("@contentauth/c2pa-node");

/**
 * C2PA's own library, of which the native part is loaded here.
 * @throws DeviceError where that is not installed for this machine.
 */
export async function c2paLibrary(): Promise<C2pa> {
	const library = await import("@contentauth/c2pa-node");
	try {
		library.Builder.new();
	} catch (cause) {
		throw new DeviceError({
			what: "@contentauth/c2pa-node",
			expected: `its native library for ${process.platform} ${process.arch}`,
			found: (cause as Error).message.split("\n")[0]!,
			next: "Let its install script run, which downloads it, as `npm rebuild @contentauth/c2pa-node` does",
			cause,
		});
	}
	return library;
}
