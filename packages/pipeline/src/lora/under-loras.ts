import { DeviceError, DrumError, printable } from "@drum/tensor";
import type { CallLoras } from "./loras.ts";

/**
 * Runs `work` with LoRAs. If it fails with numbers that are not finite, the likeliest reason is a scale that is too large, because all weights have
 * been checked.
 * @throws DeviceError with the scales, instead of the error for such numbers
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

/** What errors of `denoise` and of text encoders expect. */
const FINITE = "finite numbers";
