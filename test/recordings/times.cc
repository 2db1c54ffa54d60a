// Moving times.
#include "test/recordings/times.h"

#include <boost/json.hpp>

namespace sluice::recordings {
namespace {

bool looks_like_time(std::string_view text) {
  return text.size() >= 20 && text.size() <= 30 && text[4] == '-' && text[10] == 'T' && text.back() == 'Z';
}

}  // namespace

void shift_times(boost::json::value& value, kube::Duration by) {
  if (value.is_object()) {
    for (auto& [name, member] : value.get_object()) shift_times(member, by);
  } else if (value.is_array()) {
    for (auto& member : value.get_array()) shift_times(member, by);
  } else if (value.is_string() && looks_like_time(value.get_string())) {
    const std::string_view text = value.get_string();
    const kube::Result<kube::Time> time = kube::parse_time(text);
    if (!time) return;
    value =
        text.find('.') == std::string_view::npos ? kube::format_time(*time + by) : kube::format_micro_time(*time + by);
  }
}

}  // namespace sluice::recordings
