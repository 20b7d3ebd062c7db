import { fileURLToPath } from "node:url";
import { bundlePage, findBrowser, type Server, serve } from "@drum/test-browser";
import { type Browser, chromium, type Page } from "playwright-core";

/** Threads, where a page may have them; and none. */
export type Host = "isolated" | "plain";

/** The functions that a page offers, by name. */
type Calls = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

export interface OpenPage<C extends Calls> {
	call<K extends keyof C & string>(name: K, ...args: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>>;
}

/** A browser, and a page's sources as a static host serves them. */
export class PageHost implements AsyncDisposable {
	readonly #browser: Browser;
	readonly #server: Server;

	private constructor(browser: Browser, server: Server) {
		this.#browser = browser;
		this.#server = server;
	}

	/**
	 * @param entry the page's source, beside this file
	 * @param folders served under their names
	 * @param args more of the browser's own
	 * @param files what makes the page's files of its source
	 */
	static async start(
		entry: string,
		folders: Readonly<Record<string, string>> = {},
		args: readonly string[] = [],
		files: (entry: string) => Promise<ReadonlyMap<string, Uint8Array>> = bundlePage,
	): Promise<PageHost> {
		const server = await serve(await files(fileURLToPath(new URL(entry, import.meta.url))), folders);
		const found = await findBrowser();
		return new PageHost(await chromium.launch({ ...found, args: [...found.args, ...args] }), server);
	}

	/** Names of the page's files that it has asked for. */
	get asked(): ReadonlySet<string> {
		return this.#server.asked;
	}

	/** @throws what the page throws before its calls are there */
	async open<C extends Calls>(host: Host): Promise<OpenPage<C>> {
		const page = await this.#browser.newPage();
		const thrown = new Promise<never>((_, reject) => page.on("pageerror", reject));
		thrown.catch(() => {});
		await page.goto(`${this.#server.url}${host}/`);
		await Promise.race([page.waitForFunction("globalThis.calls"), thrown]);
		return { call: (name, ...args) => Promise.race([run(page, name, args), thrown]) as never };
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#browser.close();
		await this.#server[Symbol.asyncDispose]();
	}
}

function run(page: Page, name: string, args: readonly unknown[]): Promise<unknown> {
	type Scope = { calls: Record<string, (...args: unknown[]) => Promise<unknown>> };
	return page.evaluate(([name, args]) => (globalThis as unknown as Scope).calls[name]!(...args), [name, args] as const);
}
