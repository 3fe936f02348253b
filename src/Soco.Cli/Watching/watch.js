// Asks for the page again, and puts a new one in the place of the old one where the reader is.
const interval = 2000, live = document.createElement('p');
live.setAttribute('role', 'status');
live.style.cssText = 'position: fixed; right: .6rem; bottom: .4rem; margin: 0; padding: .15rem .6rem; border-radius: 1rem; background: var(--tint); color: var(--soft); font-size: .8rem';
live.textContent = 'live';
document.body.append(live);
let tag = null;

async function look() {
  try {
    if (!document.hidden) {
      const answer = await fetch('/', { cache: 'no-store', headers: tag ? { 'If-None-Match': tag } : {} });
      if (answer.status === 200) {
        tag = answer.headers.get('ETag');
        replace(new DOMParser().parseFromString(await answer.text(), 'text/html'));
      }
      live.textContent = answer.ok || answer.status === 304 ? 'live' : await answer.text();
    }
  } catch {
    live.textContent = 'The program that served this page has ended: this is what it showed last.';
  }
  setTimeout(look, interval);
}

function replace(page) {
  const seen = [...document.querySelectorAll('section')].findLast(section => section.getBoundingClientRect().top <= 1);
  const top = seen ? seen.getBoundingClientRect().top : 0, from = scrollY, kept = states();
  document.title = page.title;
  document.querySelector('main').replaceWith(page.querySelector('main'));
  enliven();
  for (const [key, element] of parts()) {
    const state = kept.get(key);
    if (state) {
      if (element.tagName === 'DETAILS') element.open = state.open;
      element.classList.toggle('large', state.large);
      element.scrollLeft = state.left;
    }
  }
  const again = seen && document.getElementById(seen.id);
  scrollTo(scrollX, again ? scrollY + again.getBoundingClientRect().top - top : from);
}

// What a reader may have changed: unfolded parts, enlarged pictures, scrolled tables. Their names are places in their sections.
function parts() {
  return [...document.querySelectorAll('section')].flatMap(section =>
    [...section.querySelectorAll('details, .picture, .scroll')].map((element, place) => [`${section.id} ${place}`, element]));
}

function states() {
  return new Map(parts().map(([key, element]) => [key, { open: element.open, large: element.classList.contains('large'), left: element.scrollLeft }]));
}

setTimeout(look, interval);
