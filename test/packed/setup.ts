import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { createConsumer } from "./consumer.ts";
import { startRegistry } from "./registry.ts";
import { type Release, releaseCopy } from "./release.ts";

declare module "vitest" {
	export interface ProvidedContext {
		release: Release;
		/** Folder of the project that has installed all packages. */
		consumer: string;
	}
}

/** Once for all tests here: a release to a registry on this machine, and a project that has installed it. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
	const folder = await mkdtemp(join(tmpdir(), "drum-packed-"));
	const registry = await startRegistry();
	const teardown = async (): Promise<void> => {
		registry.close();
		await rm(folder, { recursive: true, force: true });
	};
	try {
		const [repository, consumer] = [join(folder, "repository"), join(folder, "consumer")];
		for (const each of [repository, consumer]) await mkdir(each);
		const release = await releaseCopy(repository, registry);
		await createConsumer(consumer, release);
		provide("release", release);
		provide("consumer", consumer);
	} catch (error) {
		await teardown();
		throw error;
	}
	return teardown;
}
