import { defaultOf, isSupported, type Settings } from "./read-settings.ts";

/** diffusers' list of settings that stand for a class's defaults: the file does not name them. */
const DEFAULTED = "_use_default_values";

/**
 * A file's settings as a pipeline puts them right: `amend` gives another value for one, or the same. Asked for are settings that
 * the file names, and those that its class has without; the latter hold for that class alone (`namedSettings`).
 */
export function amendSettings(
	file: object,
	amend: Readonly<Record<string, (value: unknown) => unknown>>,
): Record<string, unknown> {
	const settings: Record<string, unknown> = { ...file };
	const defaulted: string[] = [];
	for (const [setting, change] of Object.entries(amend)) {
		const named = Object.hasOwn(settings, setting);
		const className = settings._class_name;
		const value = named || !isSupported(className) ? settings[setting] : defaultOf(className, setting);
		if (value === undefined) continue;
		const changed = change(value);
		if (changed === value) continue;
		settings[setting] = changed;
		if (!named) defaulted.push(setting);
	}
	return defaulted.length > 0 ? { ...settings, [DEFAULTED]: defaulted } : settings;
}

/** The settings that a sampler of another class takes over: those that the file names. */
export function namedSettings(settings: object): Settings {
	const defaulted = (settings as Settings)[DEFAULTED];
	const dropped = new Set<unknown>([DEFAULTED, ...(Array.isArray(defaulted) ? defaulted : [])]);
	return Object.fromEntries(Object.entries(settings).filter(([name]) => !dropped.has(name)));
}
