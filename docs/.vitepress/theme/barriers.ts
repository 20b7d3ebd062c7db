/**
 * What VitePress's theme leaves for readers who do not see the page: its home page has no main part, and the search's name is not its
 * text, which a phone does not show.
 */
export function removeBarriers(): void {
	document.querySelector(".VPContent.is-home")?.setAttribute("role", "main");
	const search = document.querySelector(".DocSearch-Button");
	search?.removeAttribute("aria-label");
	search?.setAttribute("title", "Search");
}
