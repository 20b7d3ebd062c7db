import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { unpackChromium } from "./unpack.ts";

/** How to start a browser, as Playwright's `launch` takes it. */
export interface Browser {
	executablePath: string;
	env: Record<string, string>;
	args: string[];
}

const MAC = "/Applications";
const { PROGRAMFILES = "", "PROGRAMFILES(X86)": PROGRAMFILES_X86 = "" } = process.env;

/** Chromium and its kin where systems install them. */
const PLACES: Partial<Record<NodeJS.Platform, readonly string[]>> = {
	linux: ["chromium", "chromium-browser", "google-chrome"].map((name) => join("/usr/bin", name)),
	darwin: ["Chromium", "Google Chrome", "Microsoft Edge"].map((name) => `${MAC}/${name}.app/Contents/MacOS/${name}`),
	win32: [PROGRAMFILES, PROGRAMFILES_X86].flatMap((folder) => [
		join(folder, "Google/Chrome/Application/chrome.exe"),
		join(folder, "Microsoft/Edge/Application/msedge.exe"),
	]),
};

/**
 * The browser for tests of a page: the environment's `CHROMIUM`, else one that is installed, else the npm package's.
 * @throws an Error that says what to install, where there is none
 */
export async function findBrowser(): Promise<Browser> {
	const env = Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => !!entry[1]));
	const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
	const { CHROMIUM } = env;
	if (CHROMIUM !== undefined) return { executablePath: CHROMIUM, env, args };
	const installed = (PLACES[process.platform] ?? []).find((path) => existsSync(path) && runs(path, env));
	if (installed !== undefined) return { executablePath: installed, env, args };
	const unpacked = await unpackChromium();
	if (unpacked !== undefined && runs(unpacked.program, { ...env, ...unpacked.env }))
		return { executablePath: unpacked.program, env: { ...env, ...unpacked.env }, args };
	throw new Error(
		`no Chromium for the tests of the demo's page: no npm package has one that runs on ${process.platform} ${process.arch}, and ` +
			"none is installed. Install Chromium or Chrome, and set CHROMIUM to its program; on Debian: apt-get install chromium",
	);
}

/** A system's program can be one that only asks to install it. On others than Linux the question would open a window. */
function runs(program: string, env: Record<string, string>): boolean {
	if (process.platform !== "linux") return true;
	try {
		execFileSync(program, ["--version"], { env, stdio: "ignore", timeout: 60_000 });
		return true;
	} catch {
		return false;
	}
}
