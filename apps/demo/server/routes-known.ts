import type { FastifyInstance } from "fastify";

/** Which methods each address has, so that a wrong method is told from a wrong address. */
export class Routes {
	readonly #routes: { pattern: RegExp; method: string }[] = [];

	/** Notes the routes that `app` is given from now on. */
	constructor(app: FastifyInstance) {
		app.addHook("onRoute", ({ url, method }) => {
			if (url.includes("*")) return;
			const source = url.replaceAll(/[.]/g, "\\.").replaceAll(/:\w+(\([^)]*\))?/g, "[^/]+");
			for (const each of [method].flat()) this.#routes.push({ pattern: new RegExp(`^${source}/?$`), method: each });
		});
	}

	methodsOf(url: string): string[] {
		const path = url.replace(/\?.*$/s, "");
		return this.#routes
			.filter(({ pattern }) => pattern.test(path))
			.map(({ method }) => method)
			.sort();
	}
}
