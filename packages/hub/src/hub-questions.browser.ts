// The same requests as @huggingface/hub, in a hundredth of its size: https://huggingface.co/docs/hub/api

interface Question {
	hubUrl: string;
	/** Throws for every answer that is not a success. */
	fetch: typeof fetch;
}

interface Named {
	repo: { name: string };
}

/** Not thrown here. */
export class HubApiError extends Error {
	readonly statusCode = 0;
}

/** Whether files are downloaded through the hub's chunk store. A browser downloads them whole instead. */
export const TAKES_CHUNKS = false;

export async function modelInfo({
	hubUrl,
	fetch,
	name,
	revision,
}: Question & { name: string; revision: string; additionalFields: readonly string[] }): Promise<{ sha?: unknown }> {
	const answer = await fetch(`${hubUrl}/api/models/${name}/revision/${encodeURIComponent(revision)}`);
	return ((await answer.json()) ?? {}) as { sha?: unknown };
}

interface ListedFile {
	type: string;
	path: string;
	size: number;
	oid: string;
	lfs?: { oid: string; size: number };
	xetHash?: string;
}

/** All files, requested page by page. */
export async function* listFiles({
	hubUrl,
	fetch,
	repo,
	revision,
}: Question & Named & { revision: string; recursive: boolean }): AsyncGenerator<ListedFile> {
	let url: string | undefined = `${hubUrl}/api/models/${repo.name}/tree/${revision}?recursive=true`;
	while (url !== undefined) {
		const answer = await fetch(url);
		const page: unknown = await answer.json();
		if (!Array.isArray(page)) throw new TypeError("a page of the list is not a JSON list");
		yield* page.filter((entry) => typeof entry === "object" && entry !== null) as ListedFile[];
		url = /<([^>]+)>;\s*rel="?next"?/.exec(answer.headers.get("link") ?? "")?.[1];
	}
}

export async function repoExists({ hubUrl, fetch, repo }: Question & Named): Promise<boolean> {
	const answer = await fetch(`${hubUrl}/api/models/${repo.name}?expand[]=private`);
	await answer.body?.cancel();
	return true;
}

/** See `TAKES_CHUNKS`. */
export async function fileDownloadInfo(_: object): Promise<{ xet?: undefined }> {
	return {};
}

export async function downloadFile(_: object): Promise<Blob | undefined> {
	return undefined;
}
