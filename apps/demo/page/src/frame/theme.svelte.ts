import { keep, kept } from "./keep.ts";

const KEY = "theme";
type Choice = "light" | "dark" | undefined;

/** Light or dark: the system's, until someone chooses. `public/theme.js` sets a kept choice before the first paint. */
class Theme {
	#choice = $state<Choice>(asChoice(kept(KEY)));
	#system = $state(matchMedia("(prefers-color-scheme: dark)").matches);

	constructor() {
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
			this.#system = matches;
		});
	}

	get dark(): boolean {
		return this.#choice === undefined ? this.#system : this.#choice === "dark";
	}

	toggle(): void {
		const next = this.dark ? "light" : "dark";
		// Back at the system's own, the page follows the system again.
		this.#choice = (next === "dark") === this.#system ? undefined : next;
		keep(KEY, this.#choice);
		if (this.#choice) document.documentElement.dataset.theme = this.#choice;
		else delete document.documentElement.dataset.theme;
	}
}

function asChoice(value: string | undefined): Choice {
	return value === "light" || value === "dark" ? value : undefined;
}

export const theme = new Theme();
