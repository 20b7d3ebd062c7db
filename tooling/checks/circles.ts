/** The groups of two and more files that all reach each other by imports, each in the order of the files' names. */
export function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
	const order = new Map<string, number>();
	const lowest = new Map<string, number>();
	const open: string[] = [];
	const circles: string[][] = [];
	const visit = (file: string): void => {
		order.set(file, order.size);
		lowest.set(file, order.get(file)!);
		open.push(file);
		for (const next of imports.get(file) ?? []) {
			if (!order.has(next)) visit(next);
			if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
		}
		if (lowest.get(file) !== order.get(file)) return;
		const circle = open.splice(open.indexOf(file));
		if (circle.length > 1) circles.push(circle.sort());
	};
	for (const file of imports.keys()) if (!order.has(file)) visit(file);
	return circles;
}
