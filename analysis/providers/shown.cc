// What of a measured value is shown in a status: numbers and short texts, but never a whole page of some server.
#include "analysis/providers/shown.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::analysis {

std::string shown(const expression::Value& value) {
  constexpr std::size_t longest_text = 256, longest_list = 100;
  using expression::Kind;
  if (value.kind() == Kind::text && value.text().size() > longest_text)
    return fmt::format("<text, {} bytes>", value.text().size());
  if (value.kind() == Kind::map) return fmt::format("<object, {} entries>", value.map().size());
  if (value.kind() == Kind::list) {
    const auto& items = value.list().items;
    const auto is_number = [](const expression::Value& item) { return item.is_number(); };
    if (items.size() > longest_list || !std::ranges::all_of(items, is_number))
      return fmt::format("<list, {} items>", items.size());
  }
  return expression::print_compact(value);
}

}  // namespace sluice::analysis
