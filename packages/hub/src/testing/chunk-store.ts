const CHUNK = 65_536;
const HEADER = 8;

/** The hub's chunk store, each file one block of stored chunks: https://huggingface.co/docs/xet/en/download-protocol */
export function chunkStore(url: string, files: ReadonlyMap<string, Buffer>) {
	return {
		/** The answer that sends a client here. */
		headers: (path: string, tokenUrl: string) => ({
			"content-type": "application/vnd.xet-fileinfo+json",
			"x-xet-hash": "0".repeat(64),
			link: `<${tokenUrl}>; rel="xet-auth", <${url}/v1/reconstructions/${encodeURI(path)}>; rel="xet-reconstruction-info"`,
		}),
		token: () => JSON.stringify({ accessToken: "store", casUrl: url, exp: Date.now() / 1000 + 3600 }),
		/** How to put a range of a file together; undefined for other requests. */
		answer: (path: string, range: string | undefined): string | undefined => {
			const file = path.replace("/v2/reconstructions/", "");
			if (file === path) return undefined;
			const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range!)!.map(Number) as [number, number, number];
			const content = files.get(file)!;
			const chunks = { start: Math.floor(from / CHUNK), end: Math.floor(to / CHUNK) + 1 };
			const length = Math.min(chunks.end * CHUNK, content.length) - chunks.start * CHUNK;
			const start = chunks.start * (CHUNK + HEADER);
			const bytes = { start, end: start + length + HEADER * (chunks.end - chunks.start) - 1 };
			return JSON.stringify({
				offset_into_first_range: from - chunks.start * CHUNK,
				terms: [{ hash: "block", unpacked_length: length, range: chunks }],
				xorbs: { block: [{ url: `${url}/xorb/${encodeURI(file)}`, ranges: [{ chunks, bytes }] }] },
			});
		},
		/** Each chunk behind a header: version, length in the block, compression (none), length. */
		xorb: (path: string): Buffer => {
			const content = files.get(path)!;
			const parts: Buffer[] = [];
			for (let at = 0; at < content.length; at += CHUNK) {
				const chunk = content.subarray(at, at + CHUNK);
				const header = Buffer.alloc(HEADER);
				header.writeUIntLE(chunk.length, 1, 3);
				header.writeUIntLE(chunk.length, 5, 3);
				parts.push(header, chunk);
			}
			return Buffer.concat(parts);
		},
	};
}
