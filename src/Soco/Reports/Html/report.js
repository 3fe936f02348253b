// Makes what is in the page answer to pointers; the page is complete without it.
function enliven() {
  readCurves();
  enlargePictures();
}

// Reads values off the curves under the pointer.
function readCurves() {
  for (const chart of document.querySelectorAll('.chart')) {
    const area = chart.querySelector('.area');
    const cursor = chart.querySelector('.cursor');
    const [xLow, xHigh] = chart.dataset.x.split(' ').map(Number);
    const [yLow, yHigh] = chart.dataset.y.split(' ').map(Number);
    const valueAt = height => chart.dataset.log ? yLow * (yHigh / yLow) ** height : yLow + height * (yHigh - yLow);
    const paths = [...chart.querySelectorAll('path[data-name]')];
    const entries = [...chart.querySelectorAll('.legend li')].map(item => ({
      text: item.querySelector('b'),
      last: item.querySelector('b').textContent,
      curves: paths.filter(path => path.dataset.name === item.dataset.name).map(path => path.getAttribute('d').slice(1).split('L').map(point => point.split(' ').map(Number))),
    }));

    area.addEventListener('pointermove', event => {
      const box = area.getBoundingClientRect();
      const at = 1000 * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      const nearest = points => points.reduce((best, point) => Math.abs(point[0] - at) < Math.abs(best[0] - at) ? point : best);
      const x = nearest(entries.flatMap(entry => entry.curves.map(nearest)))[0];
      for (const { text, curves } of entries) {
        text.textContent = show(curves.map(curve => valueAt(1 - nearest(curve)[1] / 1000)).reduce((sum, value) => sum + value, 0) / curves.length);
      }
      cursor.style.left = x / 10 + '%';
      cursor.firstElementChild.textContent = show(xLow + x / 1000 * (xHigh - xLow), 6);
      chart.classList.add('read');
    });
    area.addEventListener('pointerleave', () => {
      for (const { text, last } of entries) text.textContent = last;
      chart.classList.remove('read');
    });
  }
}

// A picture that is pressed takes the whole width of its row, and gives it back when it is pressed again.
function enlargePictures() {
  for (const image of document.querySelectorAll('.picture img')) {
    const button = document.createElement('button');
    image.replaceWith(button);
    button.append(image);
    button.title = 'Larger or smaller';
    button.addEventListener('click', () => button.parentElement.classList.toggle('large'));
  }
}

// A link into a folded section unfolds it.
function unfold() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  for (let fold = target; fold; fold = fold.parentElement.closest('details')) {
    if (fold.tagName === 'DETAILS') fold.open = true;
  }
  if (target) target.scrollIntoView();
}

function show(value, digits = 3) {
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential(1) : size >= 1000 ? value.toFixed(0) : String(+value.toPrecision(digits));
  return text.replace('-', '\u2212');
}

enliven();
addEventListener('hashchange', unfold);
unfold();
