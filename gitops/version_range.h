// Semantic versions and ranges of them, as a targetRevision may name tags (">=1.2 <2", "1.2.*", "^1", "~1.4").
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::gitops {

struct Version {
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  std::uint64_t patch = 0;
  std::string pre_release;  // "rc.1" of 1.0.0-rc.1
  bool operator==(const Version&) const = default;
};

// By precedence: a pre-release comes before its release. Build metadata is not kept.
bool operator<(const Version& left, const Version& right);

// "1.2.3", "v1.2", "1"; missing parts are 0. nullopt for anything else.
std::optional<Version> parse_version(std::string_view text);

class VersionRange {
 public:
  // True when the version lies in the range. A pre-release does so only if the range names one.
  bool holds(const Version& version) const;

 private:
  friend std::optional<VersionRange> parse_version_range(std::string_view text);
  enum class Relation { less, at_most, equal, not_equal, at_least, more };
  struct Bound {
    Relation relation;
    Version version;
  };
  using All = std::vector<Bound>;
  static bool add_term(std::string_view term, All& to);

  std::vector<All> any_;  // alternatives of "||"
  bool names_pre_release_ = false;
};

// nullopt when the text is no range; an exact version such as "v1.2.3" is a tag's name and no range.
std::optional<VersionRange> parse_version_range(std::string_view text);

}  // namespace sluice::gitops
