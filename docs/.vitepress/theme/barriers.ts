/** What VitePress's theme leaves for readers who do not see the page: the home page has no main part, and the search's name is not its text. */
export function removeBarriers(): void {
	document.querySelector(".VPContent.is-home")?.setAttribute("role", "main");
	document.querySelector(".DocSearch-Button")?.removeAttribute("aria-label");
}
