import { damaged, tooLarge } from "./gunzip-errors.ts";

/** See gunzip.ts. */
export async function gunzip(bytes: Uint8Array, what: string, most: number): Promise<Uint8Array> {
	const parts: Uint8Array[] = [];
	let size = 0;
	const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
	const reader = packed.pipeThrough(new DecompressionStream("gzip")).getReader();
	for (;;) {
		const { done, value } = await reader.read().catch((cause: unknown) => {
			throw damaged(what, cause);
		});
		if (done) break;
		size += value.length;
		parts.push(value);
		if (size <= most) continue;
		// Stops unpacking.
		await reader.cancel();
		throw tooLarge(what, most);
	}
	const whole = new Uint8Array(size);
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
