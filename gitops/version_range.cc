// Parsing and testing version ranges.
#include "gitops/version_range.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sluice::gitops {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (!is_number(text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::string_view next_part(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

// Below zero, zero or above, as dot-separated identifiers are ordered: numbers before words, shorter before longer.
int compare_pre_release(std::string_view left, std::string_view right) {
  while (!left.empty() && !right.empty()) {
    const std::string_view a = next_part(left, '.');
    const std::string_view b = next_part(right, '.');
    if (a == b) continue;
    const auto a_number = number(a);
    const auto b_number = number(b);
    if (a_number && b_number) return *a_number < *b_number ? -1 : 1;
    if (a_number.has_value() != b_number.has_value()) return a_number ? -1 : 1;
    return a < b ? -1 : 1;
  }
  return left.empty() ? (right.empty() ? 0 : -1) : 1;
}

// A version of which the last parts may be missing or "*".
struct Partial {
  Version version;
  int given = 0;  // 0 to 3 leading numbers
};

bool is_wildcard(std::string_view part) { return part == "*" || part == "x" || part == "X"; }

std::optional<Partial> parse_partial(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  text = text.substr(0, text.find('+'));
  Partial result;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    result.version.pre_release = text.substr(dash + 1);
    if (result.version.pre_release.empty()) return std::nullopt;
    text = text.substr(0, dash);
  }
  if (text.empty()) return std::nullopt;
  const std::array<std::uint64_t*, 3> parts{&result.version.major, &result.version.minor, &result.version.patch};
  bool open = false;
  int seen = 0;
  for (; seen < 3 && !text.empty(); ++seen) {
    const bool last = text.find('.') == std::string_view::npos;
    const std::string_view part = next_part(text, '.');
    if (!last && text.empty()) return std::nullopt;  // a trailing dot
    if (is_wildcard(part)) {
      open = true;
      continue;
    }
    const auto value = number(part);
    if (!value || open) return std::nullopt;
    *parts[static_cast<std::size_t>(seen)] = *value;
    ++result.given;
  }
  if (!text.empty()) return std::nullopt;
  return result;
}

// The first version after all that share the first `kept` numbers.
Version after(const Version& version, int kept) {
  if (kept <= 1) return {.major = version.major + 1};
  if (kept == 2) return {.major = version.major, .minor = version.minor + 1};
  return {.major = version.major, .minor = version.minor, .patch = version.patch + 1};
}

}  // namespace

bool operator<(const Version& left, const Version& right) {
  const std::array<std::uint64_t, 3> a{left.major, left.minor, left.patch};
  const std::array<std::uint64_t, 3> b{right.major, right.minor, right.patch};
  if (a != b) return a < b;
  if (left.pre_release.empty() || right.pre_release.empty())
    return !left.pre_release.empty() && right.pre_release.empty();
  return compare_pre_release(left.pre_release, right.pre_release) < 0;
}

std::optional<Version> parse_version(std::string_view text) {
  const auto partial = parse_partial(text);
  if (!partial || partial->given == 0 || text.find_first_of("*xX") < text.find('-')) return std::nullopt;
  return partial->version;
}

bool VersionRange::add_term(std::string_view term, All& to) {
  const std::size_t digits = std::min(term.find_first_not_of("<>=!^~"), term.size());
  const std::string_view sign = term.substr(0, digits);
  const auto partial = parse_partial(term.substr(digits));
  if (!partial) return false;
  const Version& low = partial->version;
  const int given = partial->given;
  if (sign == "^") {
    const int kept = low.major > 0 || given <= 1 ? 1 : low.minor > 0 || given == 2 ? 2 : 3;
    if (given > 0) to.insert(to.end(), {{Relation::at_least, low}, {Relation::less, after(low, kept)}});
  } else if (sign == "~") {
    if (given > 0) to.insert(to.end(), {{Relation::at_least, low}, {Relation::less, after(low, std::min(given, 2))}});
  } else if (sign.empty() || sign == "=") {
    if (given == 3) to.push_back({Relation::equal, low});
    if (given == 1 || given == 2) to.insert(to.end(), {{Relation::at_least, low}, {Relation::less, after(low, given)}});
  } else if (sign == "!=") {
    to.push_back({Relation::not_equal, low});
  } else if (sign == ">=" || sign == "=>") {
    to.push_back({Relation::at_least, low});
  } else if (sign == "<") {
    to.push_back({Relation::less, low});
  } else if (sign == ">") {
    to.push_back(given == 3 ? Bound{Relation::more, low} : Bound{Relation::at_least, after(low, given)});
  } else if (sign == "<=" || sign == "=<") {
    to.push_back(given == 3 ? Bound{Relation::at_most, low} : Bound{Relation::less, after(low, given)});
  } else {
    return false;
  }
  return true;
}

bool VersionRange::holds(const Version& version) const {
  if (!version.pre_release.empty() && !names_pre_release_) return false;
  const auto fits = [&](const Bound& bound) {
    switch (bound.relation) {
      case Relation::less:
        return version < bound.version;
      case Relation::at_most:
        return !(bound.version < version);
      case Relation::equal:
        return version == bound.version;
      case Relation::not_equal:
        return version != bound.version;
      case Relation::at_least:
        return !(version < bound.version);
      case Relation::more:
        return bound.version < version;
    }
    return false;
  };
  return std::ranges::any_of(any_, [&](const All& all) { return std::ranges::all_of(all, fits); });
}

std::optional<VersionRange> parse_version_range(std::string_view text) {
  if (text.size() > 256 || text.find_first_of("<>=!^~*xX |,") == std::string_view::npos) return std::nullopt;
  if (parse_version(text)) return std::nullopt;
  VersionRange range;
  while (!text.empty()) {
    const std::size_t bar = text.find("||");
    std::string_view part = text.substr(0, bar);
    text = bar == std::string_view::npos ? std::string_view() : text.substr(bar + 2);
    VersionRange::All all;
    bool any = false;
    std::string sign;  // a sign may stand apart from its version: ">= 1.2"
    while (!part.empty()) {
      const std::string_view word = part.substr(0, part.find_first_of(" ,"));
      part.remove_prefix(std::min(part.size(), word.size() + 1));
      if (word.empty()) continue;
      if (word.find_first_not_of("<>=!^~") == std::string_view::npos) {
        sign += word;
        continue;
      }
      const std::string term = sign + std::string(word);
      sign.clear();
      if (!VersionRange::add_term(term, all)) return std::nullopt;
      if (word.find('-') != std::string_view::npos) range.names_pre_release_ = true;
      any = true;
    }
    if (!any || !sign.empty()) return std::nullopt;
    range.any_.push_back(std::move(all));
  }
  if (range.any_.empty()) return std::nullopt;
  return range;
}

}  // namespace sluice::gitops
