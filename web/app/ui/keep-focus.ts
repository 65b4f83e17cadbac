/**
 * Where an element that has the focus leaves the page, the browser gives the focus to the body: who uses the keyboard or a
 * screen reader is then at the start of the page. Here it goes to what stands in its place: within what is left around the
 * element, the first that has the attribute `data-takes-focus`; else the heading of the page. Focus that the person or the
 * page has put elsewhere stays there.
 */
export function keepFocus(): void {
  /** The element that has the focus, and all around it. */
  let path: readonly Element[] = [];
  const isLost = () => document.activeElement === document.body;

  document.addEventListener('focusin', (event) => {
    path = event.composedPath().filter((each) => each instanceof Element);
  });
  document.addEventListener('focusout', () => {
    // An element that is being removed is gone by then.
    queueMicrotask(() => {
      if (isLost() && path[0]?.isConnected) path = [];
    });
  });
  new MutationObserver(() => {
    if (path.length === 0 || path[0]!.isConnected || !isLost()) return;
    const place = path.find((each) => each.isConnected);
    path = [];
    const heir = place?.querySelector<HTMLElement>('[data-takes-focus]');
    // The heading may be far above what the person reads.
    if (heir) focus(heir);
    else document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
}

function focus(element: HTMLElement): void {
  // A heading is focused by the page only.
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus();
}
