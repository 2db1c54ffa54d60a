// Times as text, by layouts in Go's way.
#include "analysis/expression/layout.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#include <fmt/format.h>

#include "analysis/expression/zone.h"

namespace sluice::analysis::expression {
namespace {

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

enum class Part : std::uint8_t {
  literal,
  year,
  short_year,
  long_month,
  short_month,
  number_month,
  zero_month,
  long_weekday,
  short_weekday,
  number_day,
  space_day,
  zero_day,
  zero_year_day,
  space_year_day,
  hour,
  number_hour12,
  zero_hour12,
  number_minute,
  zero_minute,
  number_second,
  zero_second,
  upper_half,  // PM
  lower_half,
  abbreviation,
  offset,
  fraction,           // as many digits as the layout has
  optional_fraction,  // the same without zeros at its end
};

struct Spelling {
  std::string_view text;
  Part part;
};
// Longer spellings stand before those that they begin with.
constexpr Spelling spellings[] = {
    {"January", Part::long_month},
    {"Jan", Part::short_month},
    {"Monday", Part::long_weekday},
    {"Mon", Part::short_weekday},
    {"MST", Part::abbreviation},
    {"2006", Part::year},
    {"2", Part::number_day},
    {"__2", Part::space_year_day},
    {"_2", Part::space_day},
    {"002", Part::zero_year_day},
    {"01", Part::zero_month},
    {"02", Part::zero_day},
    {"03", Part::zero_hour12},
    {"04", Part::zero_minute},
    {"05", Part::zero_second},
    {"06", Part::short_year},
    {"15", Part::hour},
    {"1", Part::number_month},
    {"3", Part::number_hour12},
    {"4", Part::number_minute},
    {"5", Part::number_second},
    {"PM", Part::upper_half},
    {"pm", Part::lower_half},
    {"-07:00:00", Part::offset},
    {"-070000", Part::offset},
    {"-07:00", Part::offset},
    {"-0700", Part::offset},
    {"-07", Part::offset},
    {"Z07:00:00", Part::offset},
    {"Z070000", Part::offset},
    {"Z07:00", Part::offset},
    {"Z0700", Part::offset},
    {"Z07", Part::offset},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

struct Piece {
  Part part = Part::literal;
  std::string_view text;
};

// What a layout begins with; a literal is one character.
Piece first_piece(std::string_view layout) {
  if (layout.starts_with("_2006")) return {Part::literal, layout.substr(0, 1)};
  if (layout.size() > 1 && (layout[0] == '.' || layout[0] == ',') && (layout[1] == '0' || layout[1] == '9')) {
    std::size_t end = 1;
    while (end < layout.size() && layout[end] == layout[1]) ++end;
    if (end == layout.size() || !is_digit(layout[end]))
      return {layout[1] == '0' ? Part::fraction : Part::optional_fraction, layout.substr(0, end)};
  }
  for (const Spelling& spelling : spellings) {
    if (!layout.starts_with(spelling.text)) continue;
    const bool is_short_name = spelling.part == Part::short_month || spelling.part == Part::short_weekday;
    const std::size_t length = spelling.text.size();
    if (is_short_name && layout.size() > length && is_lower(layout[length])) continue;
    return {spelling.part, layout.substr(0, length)};
  }
  return {Part::literal, layout.substr(0, 1)};
}

int half_hour(int hour) { return hour % 12 == 0 ? 12 : hour % 12; }

void print_offset(std::string_view spelling, std::int32_t offset, std::string& out) {
  if (spelling[0] == 'Z' && offset == 0) {
    out += 'Z';
    return;
  }
  const int size = std::abs(offset);
  const bool has_colon = spelling.find(':') != std::string_view::npos;
  const auto digits = std::ranges::count_if(spelling, is_digit);
  out += fmt::format("{}{:02}", offset < 0 ? '-' : '+', size / 3600);
  if (digits >= 4) out += fmt::format("{}{:02}", has_colon ? ":" : "", size / 60 % 60);
  if (digits >= 6) out += fmt::format("{}{:02}", has_colon ? ":" : "", size % 60);
}

void print_fraction(const Piece& piece, std::int32_t nanoseconds, std::string& out) {
  std::string digits = fmt::format("{:09}", nanoseconds);
  digits.resize(std::min<std::size_t>(piece.text.size() - 1, 9));
  if (piece.part == Part::optional_fraction) digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) (out += piece.text[0]) += digits;
}

void print_part(const Piece& piece, const Civil& civil, std::int32_t nanoseconds, std::string& out) {
  const auto put = [&](std::int64_t number, int width) {  // with zeros before it
    fmt::format_to(std::back_inserter(out), "{:0{}}", number, width);
  };
  const auto put_after_blanks = [&](int number, int width) {
    fmt::format_to(std::back_inserter(out), "{:{}}", number, width);
  };
  switch (piece.part) {
    case Part::literal:
      out += piece.text;
      break;
    case Part::year:
      if (civil.year < 0) out += '-';
      put(std::abs(civil.year), 4);
      break;
    case Part::short_year:
      put((civil.year % 100 + 100) % 100, 2);
      break;
    case Part::long_month:
      out += month_name(civil.month);
      break;
    case Part::short_month:
      out += month_name(civil.month).substr(0, 3);
      break;
    case Part::number_month:
      put(civil.month, 1);
      break;
    case Part::zero_month:
      put(civil.month, 2);
      break;
    case Part::long_weekday:
      out += weekday_name(civil.weekday);
      break;
    case Part::short_weekday:
      out += weekday_name(civil.weekday).substr(0, 3);
      break;
    case Part::number_day:
      put(civil.day, 1);
      break;
    case Part::space_day:
      put_after_blanks(civil.day, 2);
      break;
    case Part::zero_day:
      put(civil.day, 2);
      break;
    case Part::zero_year_day:
      put(civil.year_day, 3);
      break;
    case Part::space_year_day:
      put_after_blanks(civil.year_day, 3);
      break;
    case Part::hour:
      put(civil.hour, 2);
      break;
    case Part::number_hour12:
      put(half_hour(civil.hour), 1);
      break;
    case Part::zero_hour12:
      put(half_hour(civil.hour), 2);
      break;
    case Part::number_minute:
      put(civil.minute, 1);
      break;
    case Part::zero_minute:
      put(civil.minute, 2);
      break;
    case Part::number_second:
      put(civil.second, 1);
      break;
    case Part::zero_second:
      put(civil.second, 2);
      break;
    case Part::upper_half:
      out += civil.hour >= 12 ? "PM" : "AM";
      break;
    case Part::lower_half:
      out += civil.hour >= 12 ? "pm" : "am";
      break;
    case Part::abbreviation:
      out += civil.abbreviation;
      break;
    case Part::offset:
      print_offset(piece.text, civil.offset, out);
      break;
    default:
      print_fraction(piece, nanoseconds, out);
  }
}

// The text that is being read, and what has been found in it. A method answers false when the text does not fit.
class Reader {
 public:
  Reader(std::string_view text, std::string_view layout) : text_(text), layout_(layout) {}

  // Reads everything; false leaves the piece that did not fit.
  bool run() {
    while (!layout_.empty()) {
      piece_ = first_piece(layout_);
      layout_.remove_prefix(piece_.text.size());
      if (!read(piece_)) return false;
    }
    piece_ = {};
    return text_.empty();
  }

  const Piece& piece() const { return piece_; }
  std::string_view rest() const { return text_; }
  std::string_view out_of_range() const { return out_of_range_; }

  std::optional<Moment> moment(const ZonePointer& zone) {
    if (has_half_) hour_ = hour_ % 12 + (is_afternoon_ ? 12 : 0);
    if (year_day_ > 0) {
      const int days = days_in(year_, 2) == 29 ? 366 : 365;
      if (year_day_ > days) return out("day-of-year");
      month_ = 1;
      day_ = year_day_;
    } else if (day_ > days_in(year_, month_)) {
      return out("day");
    }
    const std::int64_t second_of_day = hour_ * 3600 + minute_ * 60 + second_;
    if (offset_) {
      Moment at = moment_of(year_, month_, day_, second_of_day - *offset_, nanoseconds_, nullptr);
      const bool is_local = zone && zone->at(at.seconds).seconds == *offset_;
      at.zone = is_local ? zone : *offset_ == 0 ? nullptr : fixed_zone(abbreviation_, *offset_);
      return at;
    }
    if (!abbreviation_.empty() && abbreviation_ != "UTC") {
      const Zone::Offset* known = zone ? zone->with_abbreviation(abbreviation_) : nullptr;
      const std::int32_t offset = known ? known->seconds : 0;
      Moment at = moment_of(year_, month_, day_, second_of_day - offset, nanoseconds_, nullptr);
      at.zone = known ? zone : fixed_zone(abbreviation_, offset);
      return at;
    }
    return moment_of(year_, month_, day_, second_of_day, nanoseconds_, abbreviation_.empty() ? zone : nullptr);
  }

 private:
  std::optional<Moment> out(std::string_view what) {
    out_of_range_ = what;
    return std::nullopt;
  }
  bool in_range(int number, int least, int most, std::string_view what) {
    if (number < least || number > most) out_of_range_ = what;
    return out_of_range_.empty();
  }
  bool take_digits(std::size_t least, std::size_t most, int& number) {
    std::size_t length = 0;
    number = 0;
    for (; length < most && length < text_.size() && is_digit(text_[length]); ++length)
      number = number * 10 + (text_[length] - '0');
    if (length < least) return false;
    text_.remove_prefix(length);
    return true;
  }
  template <std::size_t count>
  bool take_name(const std::array<std::string_view, count>& names, std::size_t length, int& place) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view name = names[i].substr(0, length);
      const bool same = std::ranges::equal(text_.substr(0, name.size()), name,
                                           [](char a, char b) { return (a | 0x20) == (b | 0x20); });
      if (!same) continue;
      text_.remove_prefix(name.size());
      place = static_cast<int>(i);
      return true;
    }
    return false;
  }

  bool read(const Piece& piece) {
    int ignored = 0;
    switch (piece.part) {
      case Part::literal:
        if (!text_.starts_with(piece.text)) return false;
        text_.remove_prefix(1);
        return true;
      case Part::year: {
        int year = 0;
        if (!take_digits(4, 4, year)) return false;
        year_ = year;
        return true;
      }
      case Part::short_year: {
        int year = 0;
        if (!take_digits(2, 2, year)) return false;
        year_ = year >= 69 ? 1900 + year : 2000 + year;
        return true;
      }
      case Part::long_month:
      case Part::short_month:
        if (!take_name(months, piece.part == Part::long_month ? 9 : 3, month_)) return false;
        ++month_;
        return true;
      case Part::number_month:
      case Part::zero_month:
        return take_digits(piece.part == Part::zero_month ? 2 : 1, 2, month_) && in_range(month_, 1, 12, "month");
      case Part::long_weekday:
        return take_name(weekdays, 9, ignored);
      case Part::short_weekday:
        return take_name(weekdays, 3, ignored);
      case Part::space_day:
        if (text_.starts_with(' ')) text_.remove_prefix(1);
        return take_digits(1, 2, day_) && in_range(day_, 1, 31, "day");
      case Part::number_day:
      case Part::zero_day:
        return take_digits(piece.part == Part::zero_day ? 2 : 1, 2, day_) && in_range(day_, 1, 31, "day");
      case Part::space_year_day:
        for (int i = 0; i < 2 && text_.starts_with(' '); ++i) text_.remove_prefix(1);
        return take_digits(1, 3, year_day_) && in_range(year_day_, 1, 366, "day-of-year");
      case Part::zero_year_day:
        return take_digits(3, 3, year_day_) && in_range(year_day_, 1, 366, "day-of-year");
      case Part::hour:
        return take_digits(1, 2, hour_) && in_range(hour_, 0, 23, "hour");
      case Part::number_hour12:
      case Part::zero_hour12:
        return take_digits(piece.part == Part::zero_hour12 ? 2 : 1, 2, hour_) && in_range(hour_, 0, 12, "hour");
      case Part::number_minute:
      case Part::zero_minute:
        return take_digits(piece.part == Part::zero_minute ? 2 : 1, 2, minute_) && in_range(minute_, 0, 59, "minute");
      case Part::number_second:
      case Part::zero_second:
        return take_digits(piece.part == Part::zero_second ? 2 : 1, 2, second_) && in_range(second_, 0, 59, "second") &&
               read_unasked_fraction();
      case Part::upper_half:
      case Part::lower_half:
        return read_half(piece.part == Part::upper_half ? "AM" : "am", piece.part == Part::upper_half ? "PM" : "pm");
      case Part::abbreviation:
        return read_abbreviation();
      case Part::offset:
        return read_offset(piece.text);
      case Part::fraction:
        return read_fraction(piece.text.size() - 1, piece.text.size() - 1);
      default:
        return !is_fraction() || read_fraction(1, 9);
    }
  }

  bool is_fraction() const { return text_.size() > 1 && (text_[0] == '.' || text_[0] == ',') && is_digit(text_[1]); }
  // Decimals may follow the seconds although the layout shows none.
  bool read_unasked_fraction() {
    const Part next = layout_.empty() ? Part::literal : first_piece(layout_).part;
    if (next == Part::fraction || next == Part::optional_fraction || !is_fraction()) return true;
    return read_fraction(1, 64);
  }
  bool read_fraction(std::size_t least, std::size_t most) {
    if (!is_fraction()) return false;
    text_.remove_prefix(1);
    std::size_t length = 0;
    nanoseconds_ = 0;
    for (std::int32_t unit = 100'000'000; length < most && !text_.empty() && is_digit(text_[0]); ++length, unit /= 10) {
      nanoseconds_ += (text_[0] - '0') * unit;
      text_.remove_prefix(1);
    }
    return length >= least;
  }
  bool read_half(std::string_view morning, std::string_view afternoon) {
    has_half_ = true;
    is_afternoon_ = text_.starts_with(afternoon);
    if (!is_afternoon_ && !text_.starts_with(morning)) return false;
    text_.remove_prefix(2);
    return true;
  }
  // Three or four capitals, five that end in ST; GMT may carry an offset in hours.
  bool read_abbreviation() {
    std::size_t length = 0;
    while (length < text_.size() && length < 6 && text_[length] >= 'A' && text_[length] <= 'Z') ++length;
    if (text_.starts_with("UTC")) length = 3;
    if (length < 3 || length > 5) return false;
    abbreviation_ = text_.substr(0, length);
    text_.remove_prefix(length);
    if (abbreviation_ != "GMT" || text_.size() < 2 || (text_[0] != '+' && text_[0] != '-') || !is_digit(text_[1]))
      return true;
    const bool west = text_[0] == '-';
    text_.remove_prefix(1);
    int hours = 0;
    if (!take_digits(1, 2, hours) || hours > 23) return false;
    abbreviation_ += fmt::format("{}{}", west ? '-' : '+', hours);
    offset_ = (west ? -hours : hours) * 3600;
    return true;
  }
  bool read_offset(std::string_view spelling) {
    if (spelling[0] == 'Z' && text_.starts_with('Z')) {
      text_.remove_prefix(1);
      offset_ = 0;
      return true;
    }
    if (!text_.starts_with('+') && !text_.starts_with('-')) return false;
    const bool west = text_[0] == '-';
    text_.remove_prefix(1);
    const bool has_colon = spelling.find(':') != std::string_view::npos;
    const auto parts = std::ranges::count_if(spelling, is_digit) / 2;
    std::int32_t offset = 0;
    std::int32_t unit = 3600;
    for (std::ptrdiff_t i = 0; i < parts; ++i, unit /= 60) {
      if (i > 0 && has_colon) {
        if (!text_.starts_with(':')) return false;
        text_.remove_prefix(1);
      }
      int number = 0;
      if (!take_digits(2, 2, number) || !in_range(number, 0, i == 0 ? 24 : 60, "time zone offset")) return false;
      offset += number * unit;
    }
    offset_ = west ? -offset : offset;
    return true;
  }

  std::string_view text_;
  std::string_view layout_;
  Piece piece_;
  std::string_view out_of_range_;
  std::int64_t year_ = 0;
  int month_ = 1;
  int day_ = 1;
  int year_day_ = 0;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
  std::int32_t nanoseconds_ = 0;
  bool has_half_ = false;
  bool is_afternoon_ = false;
  std::string abbreviation_;
  std::optional<std::int32_t> offset_;
};

std::string shown(std::string_view text) {
  return text.size() > 64 ? fmt::format("\"{}…\"", text.substr(0, 64)) : fmt::format("\"{}\"", text);
}

}  // namespace

std::string_view month_name(int month) {
  return month >= 1 && month <= 12 ? months[static_cast<std::size_t>(month - 1)] : "%!Month";
}
std::string_view weekday_name(int weekday) {
  return weekday >= 0 && weekday <= 6 ? weekdays[static_cast<std::size_t>(weekday)] : "%!Weekday";
}

std::string format(const Moment& moment, std::string_view layout) {
  const Civil civil = civil_of(moment);
  std::string out;
  while (!layout.empty()) {
    const Piece piece = first_piece(layout);
    layout.remove_prefix(piece.text.size());
    print_part(piece, civil, moment.nanoseconds, out);
  }
  return out;
}

std::optional<Moment> parse(std::string_view text, std::string_view layout, const ZonePointer& zone,
                            std::string& mistake) {
  Reader reader(text, layout);
  std::optional<Moment> found;
  if (reader.run()) found = reader.moment(zone);
  if (found) return found;
  mistake = fmt::format("parsing time {}", shown(text));
  if (!reader.out_of_range().empty())
    mistake += fmt::format(": {} out of range", reader.out_of_range());
  else if (reader.piece().text.empty())
    mistake += fmt::format(": extra text: {}", shown(reader.rest()));
  else
    mistake +=
        fmt::format(" as {}: cannot parse {} as {}", shown(layout), shown(reader.rest()), shown(reader.piece().text));
  return std::nullopt;
}

}  // namespace sluice::analysis::expression
