/** What `pnpm pack` and `pnpm publish` leave out of a package.json, since it means something in this repository alone. */
function beforePacking(manifest) {
	const { devDependencies: _, scripts: __, ...published } = manifest;
	return { ...published, exports: withoutSource(manifest.exports) };
}

/** The condition `@drum/source` leads to TypeScript that is not in the package. */
function withoutSource(exports) {
	return Object.fromEntries(
		Object.entries(exports).map(([entry, { "@drum/source": _, ...conditions }]) => [entry, conditions]),
	);
}

export const hooks = { beforePacking };
