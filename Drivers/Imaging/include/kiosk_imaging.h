#ifndef KIOSK_IMAGING_H
#define KIOSK_IMAGING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

/// Pages, previews and receipts in memory: nothing here opens a file for writing, keeps a global or logs.
/// Every function returns a count ≥ 0 or one of these codes.
enum kiosk_imaging_error {
    /// Dimensions, row length, resolution or byte count contradict each other or pass the limits below.
    KIOSK_IMAGING_BAD_PAGE = -1,
    /// The result doesn't fit into the caller's buffer.
    KIOSK_IMAGING_TOO_LARGE = -2,
    /// No memory.
    KIOSK_IMAGING_NO_MEMORY = -3,
    /// The library refused for a reason of its own.
    KIOSK_IMAGING_LIBRARY = -4,
    /// Text that isn't UTF-8, longer than one sheet, or longer than a QR code holds.
    KIOSK_IMAGING_BAD_TEXT = -5,
    /// The bytes aren't a whole JPEG of a size that a camera makes.
    KIOSK_IMAGING_BAD_PICTURE = -6,
    /// No page is in the picture, or not all of it.
    KIOSK_IMAGING_NO_PAGE = -7,
    /// The caller's `kiosk_stop` said so.
    KIOSK_IMAGING_STOPPED = -8,
};

/// pixels; the longest side of a page. A3 at 600 dpi has 9,921.
#define KIOSK_IMAGING_MAX_SIDE 20000
/// pixels; the largest page. A3 at 600 dpi has 69.6 million.
#define KIOSK_IMAGING_MAX_PIXELS 100000000

enum kiosk_imaging_format {
    /// One byte a pixel, 0 is black.
    KIOSK_IMAGING_GRAY8 = 1,
    /// Three bytes a pixel, R G B.
    KIOSK_IMAGING_RGB24 = 3,
};

/// A raw page: rows from top to bottom. The pixels stay the caller's.
typedef struct kiosk_page {
    const uint8_t *_Nullable pixels;
    /// bytes that can be read at `pixels`
    size_t length;
    enum kiosk_imaging_format format;
    /// pixels
    int64_t width;
    /// pixels
    int64_t height;
    /// bytes from one row to the next
    int64_t stride;
    /// dots per inch, 36…2400
    int64_t resolution;
} kiosk_page;

/// Asked between the steps of long work: whether nobody wants its result any more. A step takes up to about 200 ms of a page of 200 dpi.
typedef struct kiosk_stop {
    int (*asked)(void *_Nullable context);
    void *_Nullable context;
} kiosk_stop;

/// 0, or KIOSK_IMAGING_BAD_PAGE. Every function below asks this first; callers ask it to refuse a whole batch early.
int kiosk_imaging_check(const kiosk_page *page);

/// The page as a JPEG of at most `max_width` pixels across (never enlarged), quality 1…100. Returns its bytes.
ssize_t kiosk_imaging_preview(const kiosk_page *page, int max_width, int quality, uint8_t *out, size_t capacity);

/// How well a page can be read, as measured; what is too little of it is for the caller to say.
typedef struct kiosk_quality {
    /// 0…1: how steep the edges of what is printed are, against how high; 1 is as steep as pixels of 150 dpi can show
    double sharpness;
    /// degrees that the page lies turned clockwise, within ±KIOSK_IMAGING_MAX_SKEW; 0 where nothing tells
    double skew;
    /// How sure the skew is: Leptonica's confidence, of which 3 and more can be relied upon.
    double skew_confidence;
    /// 0…1: the paper
    double brightness;
    /// 0…1: the darkest of what stands on it; 1 where nothing does
    double ink;
    /// 0…1: the part of the page that is clearly darker than its paper, without dust and a rim of 3 mm
    double coverage;
    /// 0…1: the part of the page where anything at all stands out, however pale
    double traces;
    /// Pieces no larger than a character that run over one side of the page; of the side that has most.
    int32_t cut_pieces;
    /// Nothing but one mid gray at the bottom: the picture's end was lost on its way.
    int32_t lost_end;
} kiosk_quality;

/// degrees
#define KIOSK_IMAGING_MAX_SKEW 15

/// Measures one page. 0, or a negative code.
int kiosk_imaging_quality(const kiosk_page *page, const kiosk_stop *_Nullable stop, kiosk_quality *quality);

/// Finds the one bright page on the darker background of a document camera's JPEG, cuts it out and straightens it. `long_side` is the length of
/// the page's longer side in millimetres. Rows without padding go to `out`; `straightened` says what they are, its pixels being `out`.
/// Returns their bytes, or KIOSK_IMAGING_BAD_PICTURE, KIOSK_IMAGING_NO_PAGE, KIOSK_IMAGING_TOO_LARGE, KIOSK_IMAGING_STOPPED.
ssize_t kiosk_imaging_straighten(
    const uint8_t *jpeg, size_t length, int32_t long_side, enum kiosk_imaging_format format, const kiosk_stop *_Nullable stop,
    kiosk_page *straightened, uint8_t *out, size_t capacity);

/// A PDF in the making. Bytes go to the caller's buffer as pages are added, so that memory holds one page at a time.
typedef struct kiosk_pdf kiosk_pdf;

/// `title` is UTF-8. `out` must outlive the handle. NULL when there is no memory or the title isn't UTF-8.
kiosk_pdf *_Nullable kiosk_pdf_open(const char *title, uint8_t *out, size_t capacity);

/// Adds one sheet of the page's physical size that shows the page and nothing else: compressed once, as JPEG at `quality` 1…100 without chroma
/// subsampling (red seals keep their strokes). The pixels are no longer needed afterwards. After an error the document can only be closed.
int kiosk_pdf_add(kiosk_pdf *pdf, const kiosk_page *page, int quality);

/// Writes the end of the document and returns its bytes in all. The same pages give the same bytes: there is no date and no random id in it.
ssize_t kiosk_pdf_finish(kiosk_pdf *pdf);

/// Frees the handle, finished or not.
void kiosk_pdf_close(kiosk_pdf *pdf);

typedef struct kiosk_receipt_line {
    const char *label;
    const char *value;
} kiosk_receipt_line;

typedef struct kiosk_receipt {
    const char *title;
    const kiosk_receipt_line *_Nullable lines;
    size_t line_count;
    const char *footer;
    /// Text of the QR code, level M; NULL for none. What is in the alphanumeric mode's 45 characters makes a smaller one.
    const char *_Nullable code;
} kiosk_receipt;

/// One A4 sheet as PDF, all of it text and vectors, within 25 mm margins so that A4 and Letter printers both take it unscaled.
/// Returns its bytes; KIOSK_IMAGING_BAD_TEXT when the text isn't UTF-8 or doesn't fit on the sheet.
ssize_t kiosk_imaging_receipt(const kiosk_receipt *receipt, uint8_t *out, size_t capacity);

/// dots; the narrowest and the widest head that a receipt is drawn for, and the longest receipt: two metres
#define KIOSK_IMAGING_MIN_RASTER 192
#define KIOSK_IMAGING_MAX_RASTER 1024
#define KIOSK_IMAGING_MAX_RASTER_HEIGHT 16000

/// The same receipt for a thermal head of `width` dots, a multiple of 8: one bit a dot, 1 is black, the leftmost in the highest bit. Every module of
/// the QR code is a whole number of dots. Returns its bytes, from which the height follows; KIOSK_IMAGING_BAD_TEXT when it would be too long, or the
/// code too wide.
ssize_t kiosk_imaging_receipt_raster(const kiosk_receipt *receipt, int32_t width, uint8_t *out, size_t capacity);

#pragma clang assume_nonnull end
#endif
