/** Inflates raw deflate data in base64. Vocabularies have this form so that they are JSON modules, which all bundlers include. */
export async function inflate(base64: string): Promise<Uint8Array> {
	const deflated = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
	const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return new Uint8Array(await new Response(stream).arrayBuffer());
}
