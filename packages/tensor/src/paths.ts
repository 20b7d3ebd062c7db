import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A path as Python's `expanduser` and `expandvars` make it of what stands in a configuration, where no shell does so: `~` is the
 * user's own folder, `$NAME` and `${NAME}` are variables of the environment, on Windows `%NAME%` too. Variables that are not set
 * stay as they are written.
 */
export function expandPath(path: string, env: Environment = process.env): string {
	const home = /^~(?=$|[/\\])/.test(path) ? homedir() + path.slice(1) : path;
	const named = home.replace(
		/\$(?:([A-Za-z0-9_]+)|\{([^}]*)\})/g,
		(as, name: string, braced: string) => env[name ?? braced] ?? as,
	);
	return process.platform === "win32" ? named.replace(/%([^%]+)%/g, (as, name: string) => env[name] ?? as) : named;
}

/** The folder of the hub's cache, its token and what is kept next to them: `HF_HOME`, by default `~/.cache/huggingface`. */
export function hubHome(env: Environment = process.env): string {
	return expandPath(env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface"), env);
}
