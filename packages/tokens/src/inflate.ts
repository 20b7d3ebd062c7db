/** Bytes that are kept deflated, without a header, in base64: so a vocabulary is a JSON module, which every bundler takes along. */
export async function inflate(base64: string): Promise<Uint8Array> {
	const deflated = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
	const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}
