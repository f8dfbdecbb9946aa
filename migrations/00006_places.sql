-- +goose Up
ALTER TABLE pages ADD COLUMN places bytea CHECK (places IS NULL OR reader = 'ocr');
ALTER TABLE pages ALTER COLUMN places SET STORAGE EXTERNAL;
COMMENT ON COLUMN pages.places IS
    'Where the words of a page that was read by OCR stand, so that a quote can be marked on it: a version byte, then per word the code points since the word before it and its own as varints, and left, top, width and height as big-endian 16-bit fractions of the page. NULL for other readers, whose words are found in the original, and for pages from before this column.';

-- +goose Down
ALTER TABLE pages DROP COLUMN places;
