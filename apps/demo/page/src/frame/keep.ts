/** What this browser remembers between visits; nothing where storage is switched off. */
export function kept(key: string): string | undefined {
	return reach(() => localStorage.getItem(key) ?? undefined);
}

export function keep(key: string, value: string | undefined): void {
	reach(() => (value === undefined ? localStorage.removeItem(key) : localStorage.setItem(key, value)));
}

/** What this tab remembers until it is closed, when it is loaded again; a new tab begins with what was written last in any. */
export function keptHere(key: string): string | undefined {
	return reach(() => sessionStorage.getItem(key) ?? undefined) ?? kept(key);
}

export function keepHere(key: string, value: string | undefined): void {
	reach(() => (value === undefined ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, value)));
	keep(key, value);
}

function reach<Value>(work: () => Value): Value | undefined {
	try {
		return work();
	} catch {
		// Then it is forgotten.
		return undefined;
	}
}
