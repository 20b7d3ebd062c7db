import { existsSync } from "node:fs";
import { join } from "node:path";
import { unpackChromium } from "./unpack.ts";

/** Where Debian's Chromium has it, but for the loader of drivers. */
const INSTALLED = "/usr/lib/chromium";
const DRIVER = "vk_swiftshader_icd.json";

/**
 * What a process needs in its environment, when it starts, to have a GPU in software: SwiftShader, a Vulkan driver that Chromium brings.
 * The environment's `VK_DRIVER_FILES` goes first. Empty on macOS and Windows, where WebGPU needs no Vulkan and takes the machine's GPU.
 * @throws an Error that says what to install, where there is none
 */
export async function findSoftwareGpu(): Promise<Record<string, string>> {
	const { VK_DRIVER_FILES, LD_LIBRARY_PATH } = process.env;
	if (process.platform !== "linux" || VK_DRIVER_FILES !== undefined) return {};
	const unpacked = (await unpackChromium())?.folder;
	const folder = unpacked ?? (existsSync(join(INSTALLED, DRIVER)) ? INSTALLED : undefined);
	if (folder !== undefined) {
		const libraries = [folder, LD_LIBRARY_PATH].filter(Boolean).join(":");
		return { VK_DRIVER_FILES: join(folder, DRIVER), LD_LIBRARY_PATH: libraries };
	}
	throw new Error(
		`no Vulkan driver for the tests of WebGPU: no npm package has one for ${process.platform} ${process.arch}. Install one, and set ` +
			"VK_DRIVER_FILES to its JSON file; on Debian: apt-get install chromium libvulkan1",
	);
}
