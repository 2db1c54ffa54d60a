// Reading messages: it must not matter how the bytes are cut, and nothing that is missing may go unnoticed.
#include <algorithm>
#include <cstring>

#include <boost/test/unit_test.hpp>

#include "http_fixture.h"
#include "kube/http/reader.h"

namespace sluice::kube {
namespace {

// A stream that gives its text in pieces of a size and then ends.
class TextStream final : public ByteStream {
 public:
  TextStream(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  net::awaitable<Result<std::size_t>> read_some(char* to, std::size_t size, Deadline) override {
    const std::size_t count = std::min({size, piece_, text_.size() - at_});
    std::memcpy(to, text_.data() + at_, count);
    at_ += count;
    co_return count;
  }
  net::awaitable<Result<>> write(std::string_view, Deadline) override { co_return Result<>{}; }
  void close() override {}
  void finish_writing() override {}
  bool is_dead() override { return false; }
  void rest() override {}

 private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

struct Message {
  unsigned status = 0;
  std::string target;
  std::string body;
  std::string note;
};

net::awaitable<Result<std::vector<Message>>> read_responses(std::string text, std::size_t piece, int count) {
  TextStream stream(std::move(text), piece);
  HttpReader reader(stream);
  std::vector<Message> all;
  for (int at = 0; at < count; ++at) {
    HttpReadLimits limits;
    reader.expect_response(false, limits);
    const Result<> head = co_await reader.read_head(no_deadline);
    if (!head) co_return head.error();
    const Result<> body = co_await reader.read_body(no_deadline);
    if (!body) co_return body.error();
    Message message;
    message.status = reader.head().status;
    message.body = reader.body();
    message.note = reader.head().headers.get("X-Note");
    all.push_back(std::move(message));
  }
  co_return all;
}

Result<std::vector<Message>> responses(std::string text, std::size_t piece, int count) {
  net::io_context io(1);
  return run_on(io, read_responses(std::move(text), piece, count));
}

const std::string with_length = "HTTP/1.1 200 OK\r\nX-Note: first\r\nContent-Length: 11\r\n\r\nhello world";
const std::string in_chunks =
    "HTTP/1.1 404 Not Found\r\nX-Note: second\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n1;name=value\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: kept out\r\n\r\n";
const std::string without_body = "HTTP/1.1 204 No Content\r\nX-Note: third\r\n\r\n";

BOOST_AUTO_TEST_SUITE(http_reader, *boost::unit_test::timeout(20))

BOOST_AUTO_TEST_CASE(it_does_not_matter_how_the_bytes_are_cut) {
  const std::string text = with_length + in_chunks + without_body + with_length;
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto read = responses(text, piece, 4);
    BOOST_REQUIRE_MESSAGE(read, "pieces of " << piece << ": " << read.error().message);
    BOOST_TEST(read->at(0).body == "hello world");
    BOOST_TEST(read->at(1).status == 404u);
    BOOST_TEST(read->at(1).body == "hello world");
    BOOST_TEST(read->at(2).note == "third");
    BOOST_TEST(read->at(2).body == "");
    BOOST_TEST(read->at(3).note == "first");
  }
}

BOOST_AUTO_TEST_CASE(whatever_is_cut_off_is_noticed) {
  for (const std::string& text : {with_length, in_chunks, without_body})
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto read = responses(text.substr(0, size), 7, 1);
      BOOST_REQUIRE_MESSAGE(!read, "the first " << size << " bytes were taken for the whole");
      BOOST_TEST((read.error().fault == Fault::unavailable), read.error().message);
    }
}

BOOST_AUTO_TEST_CASE(a_changed_byte_never_crashes_and_never_reads_past_the_end) {
  int refused = 0;
  for (const std::string& text : {with_length, in_chunks})
    for (std::size_t at = 0; at < text.size(); ++at)
      for (const char other : {'\0', '\r', '\n', ' ', ':', '9', 'f', '\x80'}) {
        std::string changed = text;
        changed[at] = other;
        const auto read = responses(changed, 16, 1);
        if (!read)
          ++refused;
        else
          BOOST_TEST(read->at(0).body.size() <= text.size());
      }
  BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_CASE(a_chunk_length_that_is_absurd_is_refused) {
  const auto read = responses("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx", 100, 1);
  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().fault == Fault::internal));
}

BOOST_AUTO_TEST_CASE(a_chunk_header_without_end_is_not_collected_for_ever) {
  const std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(3'000'000, 'x');
  const auto read = responses(text, 60'000, 1);
  BOOST_REQUIRE(!read);
  BOOST_TEST((read.error().fault == Fault::invalid || read.error().fault == Fault::internal), read.error().message);
}

BOOST_AUTO_TEST_CASE(interim_answers_without_end_are_refused) {
  std::string text;
  for (int count = 0; count < 100; ++count) text += "HTTP/1.1 102 Processing\r\n\r\n";
  BOOST_TEST((responses(text, 100, 1).error().fault == Fault::internal));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(header_names_compare_without_case) {
  HttpHeaders headers{{"Content-Type", "a"}, {"X-Two", "1"}, {"x-two", "2"}};
  BOOST_TEST(headers.get("CONTENT-TYPE") == "a");
  BOOST_TEST(headers.get("x-TWO") == "1");
  BOOST_TEST((headers.find("X-Three") == nullptr));
  headers.set("x-Two", "3");
  BOOST_TEST(headers.get("X-Two") == "3");
  BOOST_TEST(std::distance(headers.begin(), headers.end()) == 2);
}

}  // namespace
}  // namespace sluice::kube
