// Whether news are of what a piece of the page shows. Pure, no page.

/**
 * `news` is an answer of /news/; the rest is what an element says that it shows: an asset, and one
 * inspection or photo of it where it shows only that (ids as text, as in data-shows-asset).
 *
 * @param {{everything: boolean, assets: any[]}} news
 * @param {{showsAsset?: string, showsInspection?: string, showsPhoto?: string}} shows
 */
export const concerns = (news, shows) => {
  const { showsAsset, showsInspection, showsPhoto } = shows;
  if (news.everything) return true;
  const touched = news.assets.find((asset) => asset.id === Number(showsAsset));
  if (!touched || touched.whole || !(showsInspection || showsPhoto)) return Boolean(touched);
  return touched.inspections.includes(Number(showsInspection)) ||
    touched.photos.includes(Number(showsPhoto));
};
