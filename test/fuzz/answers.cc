// Throws bytes at the readers of what metric backends answer: each must end in a value or a reason.
#include "test/fuzz/answers.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "analysis/prometheus_answer.h"

namespace sluice::fuzz {
namespace {

void prometheus(unsigned status, std::string_view body) {
  const auto answer = analysis::read_prometheus_answer(status, "application/json", body);
  if (answer)
    (void)analysis::print_warnings(answer->warnings);
  else if (answer.error().message.empty())
    std::abort();
}

// A new reader is a new row.
constexpr Reader readers[] = {
    {"prometheus", prometheus},
};

}  // namespace

std::span<const Reader> all_readers() { return readers; }

}  // namespace sluice::fuzz

// The first byte chooses the reader, the second the status, the rest is the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto readers = sluice::fuzz::all_readers();
  constexpr unsigned statuses[] = {200, 204, 301, 400, 401, 404, 422, 429, 500, 503};
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  readers[data[0] % readers.size()].read(statuses[data[1] % std::size(statuses)], body);
  return 0;
}
