import { DeviceError, DrumError, printable } from "@drum/tensor";
import type { CallLoras } from "./loras.ts";

/**
 * What is drawn under LoRAs: too large a scale is the likeliest reason for what is no number then, as all weights have been found whole.
 * @throws DeviceError that tells the scales, in place of one for such numbers
 */
export async function underLoras<T>({ applied }: Pick<CallLoras, "applied">, work: Promise<T>): Promise<T> {
	try {
		return await work;
	} catch (cause) {
		if (applied.length === 0 || !DrumError.is(cause) || cause.code !== "device" || cause.expected !== FINITE)
			throw cause;
		const scales = applied.map(({ name, scale }) => `${printable(name)} ${scale}`).join(", ");
		const next = `Try smaller scales of the LoRAs (${scales}), or without them`;
		throw new DeviceError({ what: cause.what, expected: FINITE, found: cause.found ?? "others", next, cause });
	}
}

/** As `denoise` and text encoders say it. */
const FINITE = "finite numbers";
