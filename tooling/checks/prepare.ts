import { findBrowser, findSoftwareGpu } from "@drum/test-browser";
import { findPrograms } from "@drum/test-postgres";
import { findLibatomic } from "@drum/test-process";
import { report } from "./report.ts";

/** What tests need besides Node.js: gets it ready where npm packages have it, and says at once what has to be installed. */
const NEEDS = {
	Postgres: findPrograms,
	libatomic: findLibatomic,
	Chromium: async () => (await findBrowser()).executablePath,
	"WebGPU driver": async () => (await findSoftwareGpu()).VK_DRIVER_FILES ?? "the system's",
};

const missing: string[] = [];
for (const [name, find] of Object.entries(NEEDS)) {
	try {
		console.log(`${name}: ${await find()}`);
	} catch (error) {
		missing.push((error as Error).message);
	}
}
report("prepare", missing);
