const CHUNK = 65_536;
const HEADER = 8;
/** Chunks of one block; the hub's blocks are 64 MB. */
const BLOCK = 4;

/** The hub's chunk store, each file's chunks in blocks of its own: https://huggingface.co/docs/xet/en/download-protocol */
export function chunkStore(url: string, files: ReadonlyMap<string, Buffer>) {
	return {
		/** The answer that sends a client here. */
		headers: (path: string, tokenUrl: string) => ({
			"content-type": "application/vnd.xet-fileinfo+json",
			"x-xet-hash": "0".repeat(64),
			link: `<${tokenUrl}>; rel="xet-auth", <${url}/v1/reconstructions/${encodeURI(path)}>; rel="xet-reconstruction-info"`,
		}),
		token: () => JSON.stringify({ accessToken: "store", casUrl: url, exp: Date.now() / 1000 + 3600 }),
		/** How to put a range of a file together from parts of blocks; undefined for other requests. */
		answer: (path: string, range: string | undefined): string | undefined => {
			const file = path.replace("/v2/reconstructions/", "");
			if (file === path) return undefined;
			const [from, to] = /^bytes=(\d+)-(\d+)$/.exec(range!)!.slice(1).map(Number) as [number, number];
			const terms: object[] = [];
			const xorbs: Record<string, object[]> = {};
			const [first, last] = [Math.floor(from / CHUNK), Math.floor(to / CHUNK)];
			for (let block = Math.floor(first / BLOCK); block <= Math.floor(last / BLOCK); block++) {
				const chunks = { start: Math.max(first - block * BLOCK, 0), end: Math.min(last - block * BLOCK + 1, BLOCK) };
				const length = Buffer.concat(chunksOf(files.get(file)!, block).slice(chunks.start, chunks.end)).length;
				const start = chunks.start * (CHUNK + HEADER);
				const bytes = { start, end: start + length + HEADER * (chunks.end - chunks.start) - 1 };
				terms.push({ hash: `block${block}`, unpacked_length: length, range: chunks });
				xorbs[`block${block}`] = [{ url: `${url}/xorb/${block}/${encodeURI(file)}`, ranges: [{ chunks, bytes }] }];
			}
			return JSON.stringify({ offset_into_first_range: from - first * CHUNK, terms, xorbs });
		},
		/** A block: each chunk behind a header of version, length as stored, compression (none) and length. */
		xorb: (path: string): Buffer | undefined => {
			const [, block, file] = /^\/xorb\/(\d+)\/(.*)$/.exec(path) ?? [];
			if (file === undefined) return undefined;
			const parts = chunksOf(files.get(file)!, Number(block)).flatMap((chunk) => {
				const header = Buffer.alloc(HEADER);
				header.writeUIntLE(chunk.length, 1, 3);
				header.writeUIntLE(chunk.length, 5, 3);
				return [header, chunk];
			});
			return Buffer.concat(parts);
		},
	};
}

function chunksOf(content: Buffer, block: number): Buffer[] {
	const chunks: Buffer[] = [];
	const end = Math.min((block + 1) * BLOCK * CHUNK, content.length);
	for (let at = block * BLOCK * CHUNK; at < end; at += CHUNK)
		chunks.push(content.subarray(at, Math.min(at + CHUNK, end)));
	return chunks;
}
