import type { Browser } from "playwright-core";
import { startBrowser } from "./browser.ts";
import { Client } from "./client.ts";
import { type Afterwards, dataFolder, startService } from "./service.ts";

/** A service with data of its own, and a browser to look at it, for all tests of a file. */
export async function startBrowsedService(afterwards: Afterwards): Promise<{ browser: Browser; client: Client }> {
	const browser = await startBrowser();
	afterwards(() => browser.close());
	const { address } = await startService({ data: await dataFolder(afterwards), afterwards });
	return { browser, client: new Client(address) };
}
