import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Where npm finds its registry, certificates and cache. It is run by another Node.js than its own, and would look beside that. */
const SETTINGS = /^npm_config_(globalconfig|userconfig|registry|cache|cafile)$/i;

/** The environment of a user's shell: without what the package manager that runs this test told its children. */
export function plainEnvironment(): NodeJS.ProcessEnv {
	const entries = Object.entries(process.env).filter(
		([name]) => SETTINGS.test(name) || !/^(npm|pnpm|vitest|node_options|node_path)/i.test(name),
	);
	// What install scripts would fetch from elsewhere than npm: CUDA, and C2PA's library, which for Linux x64 is in its package.
	const skipped = { ONNXRUNTIME_NODE_INSTALL: "skip", SKIP_RUST_BUILD: "1" };
	return { ...Object.fromEntries(entries), ...skipped, NO_COLOR: "1" };
}

/** npm's install, quiet, and soon at an end where the registry cannot be reached. */
export function npmInstall(cwd: string, ...packages: readonly string[]): Promise<string> {
	return run(cwd, "npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1", ...packages);
}

/** Runs a command to its end and gives its stdout; a failure carries both outputs. */
export function run(cwd: string, command: string, ...args: readonly string[]): Promise<string> {
	return runWith({}, cwd, command, ...args);
}

/** `run`, with more variables in the environment. */
export async function runWith(
	more: NodeJS.ProcessEnv,
	cwd: string,
	command: string,
	...args: readonly string[]
): Promise<string> {
	try {
		const env = { ...plainEnvironment(), ...more };
		const { stdout } = await execute(command, args, { cwd, env, maxBuffer: 2 ** 26 });
		return stdout;
	} catch (error) {
		const { stdout, stderr } = error as { stdout?: string; stderr?: string };
		throw new Error(`${command} ${args.join(" ")} failed\n${stdout ?? ""}\n${stderr ?? ""}`, { cause: error });
	}
}
