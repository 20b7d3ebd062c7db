import { existsSync } from "node:fs";
import { join } from "node:path";
import files from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Serves the built page from its folder, where it is built. Vite names assets by their content: they are kept for ever. */
export async function servePage(app: FastifyInstance, folder: string): Promise<void> {
	if (!existsSync(join(folder, "index.html"))) return;
	await app.register(files, {
		root: folder,
		cacheControl: false,
		setHeaders(reply, path) {
			const named = path.startsWith(join(folder, "assets"));
			reply.header("cache-control", named ? "public, max-age=31536000, immutable" : "no-cache");
		},
	});
}
