// Time zones: the files of the system's database, and the rule at their end that holds for the years to come.
#include "analysis/expression/zone.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "analysis/expression/moment.h"

namespace sluice::analysis::expression {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::size_t max_file = std::size_t{1} << 16;

// Bytes with a reading position. Reading beyond the end gives zeros and is noted.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  std::string_view take(std::size_t count) {
    if (count > bytes_.size() - at_) {
      failed_ = true;
      at_ = bytes_.size();
      return {};
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  std::int64_t take_number(std::size_t size) {
    std::uint64_t number = 0;
    const std::string_view taken = take(size);
    for (const char c : taken) number = number << 8 | static_cast<unsigned char>(c);
    if (size == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(number));
    return static_cast<std::int64_t>(number);
  }
  std::string_view rest() const { return bytes_.substr(at_); }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

struct Counts {
  std::size_t utc, standard, leap, changes, types, letters;
  std::size_t body(std::size_t size) const {
    return changes * (size + 1) + types * 6 + letters + leap * (size + 4) + standard + utc;
  }
};
bool read_header(Bytes& bytes, char& version, Counts& counts) {
  if (bytes.take(4) != "TZif") return false;
  const std::string_view made = bytes.take(16);
  version = made.empty() ? '\0' : made[0];
  for (std::size_t* count :
       {&counts.utc, &counts.standard, &counts.leap, &counts.changes, &counts.types, &counts.letters})
    *count = static_cast<std::uint32_t>(bytes.take_number(4));
  const bool is_sane = counts.changes <= 10'000 && counts.types <= 256 && counts.letters <= 10'000 &&
                       counts.leap <= 10'000 && counts.standard <= 256 && counts.utc <= 256;
  return !bytes.failed() && is_sane;
}

}  // namespace

// The text of a rule such as "CET-1CEST,M3.5.0,M10.5.0/3", with a reading position.
struct Zone::RuleText {
  std::string_view text;

  bool accept(char wanted) {
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
  }
  bool take_name(std::string& name) {
    const bool quoted = accept('<');
    const auto is_name = [&](char c) { return quoted ? c != '>' : (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    while (!text.empty() && is_name(text[0])) {
      name += text[0];
      text.remove_prefix(1);
    }
    return (!quoted || accept('>')) && name.size() >= 3;
  }
  bool take_number(int& number) {
    number = 0;
    bool any = false;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9' && number < 100'000; text.remove_prefix(1), any = true)
      number = number * 10 + (text[0] - '0');
    return any;
  }
  // [+-]hours[:minutes[:seconds]]
  bool take_clock(std::int64_t& seconds) {
    const bool negative = accept('-');
    if (!negative) accept('+');
    int part = 0;
    if (!take_number(part) || part > 167) return false;
    seconds = part * std::int64_t{3600};
    for (const int unit : {60, 1}) {
      if (!accept(':')) break;
      if (!take_number(part) || part > 59) return false;
      seconds += std::int64_t{part} * unit;
    }
    if (negative) seconds = -seconds;
    return true;
  }
  bool take_change(Change& change) {
    if (!accept(',')) return false;
    if (accept('M')) {
      if (!take_number(change.month) || !accept('.') || !take_number(change.week) || !accept('.') ||
          !take_number(change.weekday))
        return false;
      if (change.month < 1 || change.month > 12 || change.week < 1 || change.week > 5 || change.weekday > 6)
        return false;
    } else {
      change.form = accept('J') ? 'J' : '0';
      if (!take_number(change.day) || change.day > 366) return false;
    }
    return !accept('/') || take_clock(change.second);
  }
  bool read(Rule& rule) {
    std::int64_t west = 0;
    if (!take_name(rule.standard.abbreviation) || !take_clock(west)) return false;
    rule.standard.seconds = static_cast<std::int32_t>(-west);
    if (text.empty()) return true;
    if (!take_name(rule.summer.abbreviation)) return false;
    rule.summer.seconds = rule.standard.seconds + 3600;
    if (!text.starts_with(',')) {
      if (!take_clock(west)) return false;
      rule.summer.seconds = static_cast<std::int32_t>(-west);
    }
    rule.has_summer = take_change(rule.begins) && take_change(rule.ends) && text.empty();
    return rule.has_summer;
  }
};

std::int64_t Zone::Change::in_year(std::int64_t year) const {
  const auto start_of = [](std::int64_t of_year, int of_month, int of_day) {
    return moment_of(of_year, of_month, of_day, 0, 0, nullptr).seconds;
  };
  if (form == '0') return start_of(year, 1, 1) + day * seconds_per_day + second;
  if (form == 'J') {
    const int leap = days_in(year, 2) == 29 && day > 59;
    return start_of(year, 1, 1) + (day - 1 + leap) * seconds_per_day + second;
  }
  const int first = civil_of({start_of(year, month, 1), 0, nullptr}).weekday;
  int found = 1 + (weekday - first + 7) % 7 + (week - 1) * 7;
  while (found > days_in(year, month)) found -= 7;
  return start_of(year, month, found) + second;
}

Zone::Zone(std::string name, Offset offset) : name_(std::move(name)), offsets_{std::move(offset)} {}

bool Zone::read(std::string name, std::string_view all, Zone& zone) {
  Bytes bytes(all);
  char version = '\0';
  Counts counts{};
  if (!read_header(bytes, version, counts)) return false;
  std::size_t size = 4;
  if (version >= '2') {  // the same again with 64 bits
    bytes.take(counts.body(4));
    if (!read_header(bytes, version, counts)) return false;
    size = 8;
  }
  zone.name_ = std::move(name);
  zone.changes_.clear();
  zone.types_.clear();
  zone.offsets_.clear();
  for (std::size_t i = 0; i < counts.changes; ++i) zone.changes_.push_back(bytes.take_number(size));
  for (const char type : bytes.take(counts.changes)) zone.types_.push_back(static_cast<std::uint8_t>(type));
  std::vector<std::size_t> names;
  for (std::size_t i = 0; i < counts.types; ++i) {
    zone.offsets_.push_back({static_cast<std::int32_t>(bytes.take_number(4)), ""});
    bytes.take(1);
    names.push_back(static_cast<std::size_t>(bytes.take_number(1)));
  }
  const std::string_view letters = bytes.take(counts.letters);
  bytes.take(counts.leap * (size + 4) + counts.standard + counts.utc);
  if (bytes.failed() || zone.offsets_.empty() || !std::ranges::is_sorted(zone.changes_)) return false;
  for (const std::uint8_t type : zone.types_)
    if (type >= zone.offsets_.size()) return false;
  for (const Offset& offset : zone.offsets_)
    if (offset.seconds < -seconds_per_day || offset.seconds > seconds_per_day) return false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] >= letters.size()) return false;
    const std::string_view from = letters.substr(names[i]);
    zone.offsets_[i].abbreviation = from.substr(0, from.find('\0'));
  }
  std::string_view rule = size == 8 ? bytes.rest() : std::string_view();
  if (rule.starts_with('\n')) rule.remove_prefix(1);
  rule = rule.substr(0, rule.find('\n'));
  zone.rule_ = {};
  zone.has_rule_ = RuleText{rule}.read(zone.rule_);
  return true;
}

Zone::Offset Zone::at(std::int64_t seconds) const {
  const auto after = std::ranges::upper_bound(changes_, seconds);
  if (after == changes_.end() && has_rule_) return by_rule(seconds);
  if (after == changes_.begin()) return offsets_.front();
  return offsets_[types_[static_cast<std::size_t>(after - changes_.begin()) - 1]];
}

Zone::Offset Zone::by_rule(std::int64_t seconds) const {
  if (!rule_.has_summer) return rule_.standard;
  const std::int64_t year = civil_of({seconds + rule_.standard.seconds, 0, nullptr}).year;
  const std::int64_t begin = rule_.begins.in_year(year) - rule_.standard.seconds;
  const std::int64_t end = rule_.ends.in_year(year) - rule_.summer.seconds;
  const bool is_summer = begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
  return is_summer ? rule_.summer : rule_.standard;
}

std::int64_t Zone::from_wall(std::int64_t wall) const {
  const std::int64_t before = at(wall - seconds_per_day).seconds;
  if (at(wall - before).seconds == before) return wall - before;
  const std::int64_t after = at(wall + seconds_per_day).seconds;
  return at(wall - after).seconds == after ? wall - after : wall - before;
}

const Zone::Offset* Zone::with_abbreviation(std::string_view abbreviation) const {
  const auto found = std::ranges::find(offsets_, abbreviation, &Offset::abbreviation);
  return found == offsets_.end() ? nullptr : &*found;
}

ZonePointer fixed_zone(std::string abbreviation, std::int32_t offset) {
  std::string name = abbreviation;
  return std::make_shared<const Zone>(std::move(name), Zone::Offset{offset, std::move(abbreviation)});
}

ZonePointer find_zone(std::string_view name) {
  static const ZonePointer utc = fixed_zone("UTC", 0);
  if (name.empty() || name == "UTC") return utc;
  if (name == "Local") return utc;  // the zone of the machine means nothing to the author of a condition
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+' || c == '/';
  };
  if (name.size() > 64 || name.front() == '/' || name.back() == '/' || !std::ranges::all_of(name, is_letter))
    return nullptr;
  static thread_local std::map<std::string, ZonePointer, std::less<>> known;
  if (const auto found = known.find(name); found != known.end()) return found->second;
  std::ifstream file("/usr/share/zoneinfo/" + std::string(name), std::ios::binary);
  std::string bytes(max_file, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  Zone zone("", {});
  if (!Zone::read(std::string(name), bytes, zone)) return nullptr;
  if (known.size() >= 1000) known.clear();
  return known[std::string(name)] = std::make_shared<const Zone>(std::move(zone));
}

}  // namespace sluice::analysis::expression
