/**
 * Keeps the page's files, so that it opens without a network: those of `__FILES__` at once, others when they are first fetched; old
 * versions go. `__FILES__` and `__VERSION__` are set when the page is built.
 */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const worker = globalThis as unknown as ServiceWorkerGlobalScope;

const NAME = `drum ${__VERSION__}`;

worker.addEventListener("install", (event) => {
	event.waitUntil(keep().then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (event) => {
	event.waitUntil(dropOld().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (event) => {
	const { request } = event;
	if (request.method === "GET" && new URL(request.url).origin === location.origin) event.respondWith(answer(request));
});

async function keep(): Promise<void> {
	const cache = await caches.open(NAME);
	await cache.addAll(__FILES__.map((file) => new Request(file, { cache: "no-cache" })));
}

async function dropOld(): Promise<void> {
	const names = await caches.keys();
	await Promise.all(
		names.filter((name) => name.startsWith("drum ") && name !== NAME).map((name) => caches.delete(name)),
	);
}

async function answer(request: Request): Promise<Response> {
	const kept = await caches.match(request, { ignoreSearch: true });
	if (!kept) return fetchAndKeep(request);
	const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
	return range ? partOf(kept, Number(range[1]), Number(range[2])) : kept;
}

async function fetchAndKeep(request: Request): Promise<Response> {
	const answer = await fetch(request);
	if (answer.status === 200) {
		const cache = await caches.open(NAME);
		await cache.put(request, answer.clone());
	}
	return answer;
}

/** A cache knows whole files alone. */
async function partOf(kept: Response, from: number, last: number): Promise<Response> {
	const file = await kept.blob();
	const part = file.slice(from, last + 1);
	const headers = {
		"content-range": `bytes ${from}-${from + part.size - 1}/${file.size}`,
		"content-length": String(part.size),
	};
	return new Response(part, { status: 206, headers });
}
