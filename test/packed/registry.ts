import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** What publishers show to be let in. */
export const TOKEN = "a-token-of-this-test";

/** What a client sends to publish a version, and what the registry answers about a package. */
interface Packument {
	name: string;
	versions: Record<string, { dist: { tarball: string } }>;
	"dist-tags": Record<string, string>;
	_attachments?: Record<string, { data: string }>;
}

export interface Registry {
	url: string;
	/** Every publication, in its order. */
	readonly published: readonly string[];
	close(): void;
}

/** An npm registry on this machine, in memory: as much of its interface as package managers publish to and install from. */
export async function startRegistry(): Promise<Registry> {
	const packuments = new Map<string, Packument>();
	const tarballs = new Map<string, Buffer>();
	const published: string[] = [];
	const server = createServer((request, response) => {
		answer(request, response).catch((error) => send(response, 500, { error: String(error) }));
	});

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const path = decodeURIComponent((request.url ?? "/").slice(1).split("?")[0] ?? "");
		const known = packuments.get(path);
		const tarball = tarballs.get(path);
		if (request.method === "PUT") {
			if (request.headers.authorization === `Bearer ${TOKEN}`)
				publish(path, (await json(request)) as Packument, response);
			else send(response, 401, { error: "who are you?" });
		} else if (tarball !== undefined) response.writeHead(200).end(tarball);
		else if (known !== undefined) send(response, 200, known);
		else send(response, 404, { error: "not found" });
	}

	function publish(name: string, { _attachments, ...sent }: Packument, response: ServerResponse): void {
		const known = packuments.get(name) ?? { ...sent, versions: {}, "dist-tags": {} };
		for (const [version, manifest] of Object.entries(sent.versions)) {
			const [attachment] = Object.values(_attachments ?? {});
			if (version in known.versions || attachment === undefined)
				throw new Error(`${name}@${version} is there already, or has no tarball`);
			const path = `${name}/-/${version}.tgz`;
			tarballs.set(path, Buffer.from(attachment.data, "base64"));
			known.versions[version] = { ...manifest, dist: { ...manifest.dist, tarball: `${url}${path}` } };
			published.push(`${name}@${version}`);
		}
		Object.assign(known["dist-tags"], sent["dist-tags"]);
		packuments.set(name, known);
		send(response, 201, { ok: true });
	}

	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	return { url, published, close: () => server.close().closeAllConnections() };
}

function send(response: ServerResponse, status: number, body: object): void {
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
